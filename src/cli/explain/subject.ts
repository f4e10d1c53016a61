import { parseAddress, type Address } from '../../ipam/address.ts';
import { Failure } from '../../system/failure.ts';

/** What somebody wants to know about. */
export type Subject =
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'pool'; readonly name: string }
  /** `namespace` undefined: that of the kubeconfig's context. */
  | { readonly kind: 'pod'; readonly name: string; readonly namespace: string | undefined }
  /** Whichever there is of that name. */
  | { readonly kind: 'pool or pod'; readonly name: string };

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const namespacePattern = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const namePattern = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/**
 * `10.0.0.5`, `web-0`, `team/web-0`, or as kubectl has it, `pod/web-0` and `ippool/blue`.
 * @param namespace as the option says; it makes a name that of a Pod
 * @throws Failure `config`
 */
export function parseSubject(text: string, namespace: string | undefined): Subject {
  const address = parseAddress(text);
  if (address !== undefined) return { kind: 'address', address };
  refuseLikeAddress(text);
  const { first, second } = splitNames(text, namespace);
  if (second === undefined)
    return namespace === undefined ? { kind: 'pool or pod', name: first } : pod(first, namespace);
  if (poolWords.includes(first)) return { kind: 'pool', name: second };
  if (podWords.includes(first)) return pod(second, namespace);
  if (namespace === undefined || namespace === first) return pod(second, first);
  throw new Failure('config', `${JSON.stringify(text)} is of Namespace ${first}: expected it without -n ${namespace}`);
}

/** A Pod could have such a name, and has none: it is a typing mistake, or a subnet. */
function refuseLikeAddress(text: string): void {
  if (/^\d+\.\d+\.\d+\.\d+(?:\/\d+)?$/.test(text) || text.includes(':')) {
    throw new Failure('config', `${JSON.stringify(text)} is no IP address: expected one such as 10.0.0.5 or fd00::5`);
  }
}

function splitNames(
  text: string,
  namespace: string | undefined,
): { readonly first: string; readonly second: string | undefined } {
  const [first = '', second, ...more] = text.split('/');
  const namespaces = [namespace ?? 'x', second === undefined ? 'x' : first];
  const isName = more.length === 0 && namePattern.test(second ?? first);
  if (isName && namespaces.every((one) => namespacePattern.test(one))) return { first, second };
  throw new Failure(
    'config',
    `${JSON.stringify(text)}${namespace === undefined ? '' : ` in Namespace ${JSON.stringify(namespace)}`} names nothing: expected a Pod (web-0, team/web-0), an address (10.0.0.5) or a pool (vlan100)`,
  );
}

const poolWords = ['pool', 'ippool', 'ippools', 'ipp'];
const podWords = ['pod', 'pods', 'po'];

function pod(name: string, namespace: string | undefined): Subject {
  return { kind: 'pod', name, namespace };
}
