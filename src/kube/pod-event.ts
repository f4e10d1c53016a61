import { hashName } from '../system/hash.ts';
import type { JsonObject } from '../system/json-object.ts';
import { deadlineIn } from '../system/time.ts';
import type { KubeAnswer, KubeClient, KubeRequest } from './client.ts';

/** The Pod that an Event is about. */
export interface RegardedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Its annotation `kubernetes.io/config.mirror`: of a static Pod, the UID that kubectl looks for. Else empty. */
  readonly mirrored: string;
}

export interface PodEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** What tells it from others of this reason; the same Event happens again otherwise. */
  readonly key?: string;
  /** Whether it is not counted when it is told again: what lasts has happened once. */
  readonly once?: boolean;
  /** When it happened. Default: now. */
  readonly at?: Date;
}

/** Who tells it; a token of a Node may do so in the name of that Node only (deploy/policies.yaml). */
export interface Reporter {
  readonly client: Pick<KubeClient, 'send'>;
  readonly component: 'antrea-cni/plugin' | 'antrea-cni/agent';
  readonly node: string;
  /** Milliseconds for all of it: at most three requests, none of which is tried again. */
  readonly patience: number;
}

/**
 * Writes an Event on a Pod. One that is there already happens once more: it counts, and tells the latest message. These
 * are Events of `v1`, whose times kubectl sorts by; it puts those of `events.k8s.io` before all others.
 * @throws Failure
 */
export async function writePodEvent(reporter: Reporter, pod: RegardedPod, event: PodEvent): Promise<void> {
  const { client, patience } = reporter;
  const end = deadlineIn(patience);
  const send = async (request: KubeRequest): Promise<KubeAnswer> =>
    client.send({ ...request, onlyTry: end.remaining() });
  const events = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/events`;
  const body = eventObject(reporter, pod, event);
  const { status, uncertain } = await send({ method: 'POST', path: events, body, expect: [409] });
  // What is there may be what we have just written.
  if (status !== 409 || event.once === true || uncertain) return;
  const { metadata, lastTimestamp, message } = body;
  const path = `${events}/${encodeURIComponent(metadata.name)}`;
  const known = await send({ method: 'PATCH', path, body: { lastTimestamp, message } });
  await send({ method: 'PATCH', path, body: { count: countOf(known.body) + 1 } });
}

/** What the API server takes. */
const maxMessage = 1024;

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/, in the older form of `v1` */
function eventObject({ component, node }: Reporter, pod: RegardedPod, event: PodEvent) {
  const { namespace, name } = pod;
  const uid = pod.mirrored || pod.uid;
  const { type, reason, message, key = '', at = new Date() } = event;
  const time = at.toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    // As long as it can be: a Pod's name alone may have 253 characters.
    metadata: { name: `${name.slice(0, 200).replace(/[-.]+$/, '')}.${hashName(uid, component, reason, key)}` },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    type,
    reason,
    message: message.length > maxMessage ? `${message.slice(0, maxMessage - 1)}…` : message,
    source: { component, host: node },
    reportingComponent: component,
    reportingInstance: node,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}

function countOf({ count }: JsonObject): number {
  return typeof count === 'number' ? count : 1;
}
