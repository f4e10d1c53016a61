import { isJsonObject, type JsonObject } from '../system/json-object.ts';

/** What tells one Pod from another of the same name. */
export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /**
   * Of the Pod in the API that stands for a static one, the UID by which the kubelet, and so CNI, knows that one:
   * the annotation `kubernetes.io/config.hash`. Empty for all others.
   */
  readonly staticUID: string;
}

/** Whom an address belongs to, as the IPAllocation says. */
export interface PodReference {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Whether the Pod in the API is the owner itself, or stands for it. */
export function isOwner(pod: PodIdentity, owner: PodReference): boolean {
  const sameName = pod.name === owner.name && pod.namespace === owner.namespace;
  return sameName && owner.uid !== '' && (pod.uid === owner.uid || pod.staticUID === owner.uid);
}

/** Reads the metadata of a Pod, whole or partial; undefined without a name or UID. */
export function readPodIdentity({ metadata }: JsonObject): PodIdentity | undefined {
  if (!isJsonObject(metadata)) return undefined;
  const { namespace, name, uid, annotations } = metadata;
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof uid !== 'string') return undefined;
  const hash = isJsonObject(annotations) ? annotations['kubernetes.io/config.hash'] : undefined;
  return { namespace, name, uid, staticUID: typeof hash === 'string' ? hash : '' };
}

/** Of a UID that the API server gave, which it never gives again. The kubelet gives static Pods a hash that stays the same. */
export function isGivenByServer(uid: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uid);
}
