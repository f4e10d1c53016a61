import type { CniArgs } from '../../cni/args.ts';
import type { KubeClient } from '../../kube/client.ts';
import { metadataOnly } from '../../kube/metadata-only.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

/** A Pod as the runtime names it; `uid` is empty when the runtime does not tell. */
export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** `uid` is that of the object in the API. */
export interface Pod extends PodIdentity {
  readonly annotation: (key: string) => string;
}

/** undefined for a sandbox that is no Pod's: it can ask for nothing. */
export function podIdentity({ K8S_POD_NAMESPACE, K8S_POD_NAME, K8S_POD_UID = '' }: CniArgs): PodIdentity | undefined {
  if (K8S_POD_NAMESPACE === undefined || K8S_POD_NAME === undefined) return undefined;
  return { namespace: K8S_POD_NAMESPACE, name: K8S_POD_NAME, uid: K8S_POD_UID };
}

/**
 * Reads a Pod from the live API.
 * @throws Failure `unavailable` when it is not there, or another one has its name: the runtime tries again, or knows better by then
 */
export async function readPod(client: KubeClient, identity: PodIdentity): Promise<Pod> {
  const { namespace, name } = identity;
  const request = { method: 'GET', path: podPath(identity), accept: metadataOnly, expect: [404] } as const;
  const { status, body } = await client.send(request);
  if (status === 404) {
    throw new Failure('unavailable', `the Pod ${namespace}/${name} is not known to the API server: try again later`);
  }
  const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
  const pod: Pod = { namespace, name, uid: textOf(metadata, 'uid'), annotation: annotationsOf(metadata) };
  // A static Pod is known to the runtime by the hash of its file; its object in the API is a mirror.
  const uids = [pod.uid, pod.annotation('kubernetes.io/config.hash')];
  if (identity.uid === '' || uids.includes(identity.uid)) return pod;
  throw new Failure(
    'unavailable',
    `the Pod ${namespace}/${name} has been replaced: its UID is ${pod.uid}, and the sandbox is for ${identity.uid}`,
  );
}

export function podPath({ namespace, name }: Pick<PodIdentity, 'namespace' | 'name'>): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}

function annotationsOf({ annotations }: JsonObject): Pod['annotation'] {
  const own = isJsonObject(annotations) ? annotations : {};
  return (key) => textOf(own, key);
}

function textOf(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}
