import { isOwner, readPodIdentity } from '../../controller/pod-identity.ts';
import type { Owner } from '../../ipam/store.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { sectionOf, lookUp, podPath, textIn, type Lookup } from './lookup.ts';

/** The Pod that an address is held for. */
export type PodLife =
  /** The owner names none. */
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'alive'; readonly phase: string; readonly deleting: boolean }
  /** Its containers are; the object is there. */
  | { readonly kind: 'ended'; readonly phase: string }
  /** `another`: a Pod of the same name is there now. */
  | { readonly kind: 'gone'; readonly another: boolean }
  | { readonly kind: 'unknown'; readonly reason: string };

export type NodeLife =
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'alive' }
  /** Its Lease is not renewed. `since` RFC 3339, or empty. */
  | { readonly kind: 'silent'; readonly since: string; readonly object: 'there' | 'deleted' | 'out of service' }
  | { readonly kind: 'unknown'; readonly reason: string };

export type ControllerLife =
  | { readonly kind: 'alive' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Whom an address depends on. */
export interface Life {
  readonly pod: PodLife;
  readonly node: NodeLife;
  readonly controller: ControllerLife;
}

export async function lookUpLife(client: KubeClient, { pod }: Owner, now: Date): Promise<Life> {
  const [podLife, node, controller] = await Promise.all([
    lookUpPod(client, pod),
    lookUpNode(client, pod.node, now),
    lookUpController(client, now),
  ]);
  return { pod: podLife, node, controller };
}

async function lookUpPod(client: KubeClient, owner: Owner['pod']): Promise<PodLife> {
  if (owner.name === '' || owner.namespace === '') return { kind: 'unnamed' };
  const pod = await lookUp(client, podPath(owner));
  if (pod.kind === 'refused') return { kind: 'unknown', reason: pod.reason };
  if (pod.kind === 'missing') return { kind: 'gone', another: false };
  const identity = readPodIdentity(pod.object);
  // Without a UID, the name is all there is to go by.
  if (owner.uid !== '' && (identity === undefined || !isOwner(identity, owner))) return { kind: 'gone', another: true };
  const phase = textIn(sectionOf(pod.object, 'status'), 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return { kind: 'ended', phase };
  return { kind: 'alive', phase, deleting: textIn(sectionOf(pod.object, 'metadata'), 'deletionTimestamp') !== '' };
}

export async function lookUpNode(client: KubeClient, name: string, now: Date): Promise<NodeLife> {
  if (name === '') return { kind: 'unnamed' };
  const [lease, node] = await Promise.all([
    lookUp(client, leasePath('kube-node-lease', name)),
    lookUp(client, `/api/v1/nodes/${encodeURIComponent(name)}`),
  ]);
  if (lease.kind === 'refused') return { kind: 'unknown', reason: lease.reason };
  if (isFresh(lease, now)) return { kind: 'alive' };
  const since = lease.kind === 'found' ? textIn(sectionOf(lease.object, 'spec'), 'renewTime') : '';
  if (node.kind === 'refused') return { kind: 'unknown', reason: node.reason };
  if (node.kind === 'missing') return { kind: 'silent', since, object: 'deleted' };
  return { kind: 'silent', since, object: isOutOfService(node.object) ? 'out of service' : 'there' };
}

async function lookUpController(client: KubeClient, now: Date): Promise<ControllerLife> {
  const lease = await lookUp(client, leasePath('antrea-cni', 'controller'));
  if (lease.kind === 'refused') return { kind: 'unknown', reason: lease.reason };
  const isLed = lease.kind === 'found' && textIn(sectionOf(lease.object, 'spec'), 'holderIdentity') !== '';
  return { kind: isLed && isFresh(lease, now) ? 'alive' : 'absent' };
}

function leasePath(namespace: string, name: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${encodeURIComponent(name)}`;
}

/** Leases carry the time of whoever renews them: clocks may differ by some seconds. */
const tolerance = 5;

function isFresh(lease: Lookup, now: Date): boolean {
  if (lease.kind !== 'found') return false;
  const { renewTime, leaseDurationSeconds } = sectionOf(lease.object, 'spec');
  const seconds = typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds : 40;
  const renewed = typeof renewTime === 'string' ? Date.parse(renewTime) : Number.NaN;
  return now.getTime() - renewed < (seconds + tolerance) * 1000;
}

function isOutOfService(node: JsonObject): boolean {
  const { taints } = sectionOf(node, 'spec');
  const list: readonly unknown[] = Array.isArray(taints) ? taints : [];
  return list.some((taint) => isJsonObject(taint) && taint['key'] === outOfService);
}

const outOfService = 'node.kubernetes.io/out-of-service';
