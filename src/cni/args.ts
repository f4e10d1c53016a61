import { Failure } from '../system/failure.ts';
import { quote } from '../system/quote.ts';

/** The pairs of CNI_ARGS that mean something to us; absent ones are left out. */
export interface CniArgs {
  readonly K8S_POD_NAMESPACE?: string;
  readonly K8S_POD_NAME?: string;
  readonly K8S_POD_UID?: string;
  readonly K8S_POD_INFRA_CONTAINER_ID?: string;
  /** A MAC address that the caller asks for. */
  readonly MAC?: string;
  /** Addresses that the caller asks for, comma-separated. */
  readonly IP?: string;
}

/** Kubernetes names, and what podman and nerdctl send in their place. */
const podName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$/;

const grammar = {
  K8S_POD_NAMESPACE: podName,
  K8S_POD_NAME: podName,
  K8S_POD_UID: podName,
  K8S_POD_INFRA_CONTAINER_ID: podName,
  MAC: /^[0-9a-fA-F:]{11,17}$/,
  IP: /^[0-9a-fA-F:., /]{0,1024}$/,
} as const satisfies Record<keyof CniArgs, RegExp>;

const known = Object.entries(grammar);

/** What `grammar` says, in words. */
const expected: Readonly<Record<string, string>> = {
  MAC: 'a MAC address such as 02:42:ac:11:00:02',
  IP: 'IP addresses, separated by ","',
};
const expectedName = 'letters, digits, ".", "_" and "-", as Kubernetes has it';

/** Antrea's own plugin does not know it: who may be answered by either sends IgnoreUnknown, as Kubernetes does. */
const optional = 'K8S_POD_UID';

/**
 * Reads `K=V;K2=V2`. A key that we do not know is an error unless IgnoreUnknown is true, as in libcni's LoadArgs.
 * @throws Failure `environment`
 */
export function parseCniArgs(text: string): CniArgs {
  const pairs =
    text === ''
      ? []
      : text
          .split(';')
          .filter((pair) => pair !== '')
          .map(parsePair);
  const ignoreUnknown = readIgnoreUnknown(pairs.findLast(([key]) => key === 'IgnoreUnknown')?.[1]);
  const args: Record<string, string> = {};
  for (const [key, value] of pairs) {
    if (key === 'IgnoreUnknown') continue;
    const pattern = known.find(([name]) => name === key)?.[1];
    if (pattern === undefined || (key === optional && !ignoreUnknown)) {
      if (ignoreUnknown) continue;
      throw new Failure(
        'environment',
        `CNI_ARGS has the unknown key ${quote(key)}: leave it out or add IgnoreUnknown=1`,
      );
    }
    if (value === '') continue;
    args[key] = wellFormed(key, value, pattern);
  }
  return args;
}

function wellFormed(key: string, value: string, pattern: RegExp): string {
  if (pattern.test(value)) return value;
  const right = expected[key] ?? expectedName;
  throw new Failure('environment', `CNI_ARGS ${key}=${quote(value)} is malformed: expected ${right}`);
}

function parsePair(pair: string): readonly [string, string] {
  const [key, value, ...more] = pair.split('=');
  if (key === undefined || value === undefined || more.length > 0) {
    throw new Failure(
      'environment',
      `CNI_ARGS has the invalid pair ${quote(pair)}: each is KEY=VALUE, separated by ";"`,
    );
  }
  return [key, value];
}

function readIgnoreUnknown(value: string | undefined): boolean {
  if (value === undefined) return false;
  if (/^(1|true)$/i.test(value)) return true;
  if (/^(0|false|)$/i.test(value)) return false;
  throw new Failure('environment', `CNI_ARGS IgnoreUnknown=${quote(value)} is neither true nor false`);
}
