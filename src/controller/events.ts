import type { KubeClient } from '../kube/client.ts';
import { messageOf } from '../system/failure.ts';
import type { Log } from '../system/log.ts';
import type { Metrics } from './metrics.ts';
import type { PoolState } from './pools.ts';
import type { PoolEvent } from './projection/events.ts';

/** Writes Events of pools. What cannot be written is logged, and that is all: an Event is a courtesy. */
export type Recorder = (pool: Pick<PoolState, 'name' | 'uid' | 'resourceVersion'>, event: PoolEvent) => void;

export interface RecorderOptions {
  readonly client: KubeClient;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'requestFailed'>;
  /** Who we are among several controllers. */
  readonly identity: string;
}

/** Milliseconds: what goes to and fro about a limit is told once in this time. */
const quiet = 300_000;

export function createRecorder({ client, log, metrics, identity }: RecorderOptions): Recorder {
  const lastTold = new Map<string, number>();
  return (pool, event) => {
    log('info', 'event', { pool: pool.name, reason: event.reason, note: event.note });
    const key = `${pool.uid} ${event.reason}`;
    const now = performance.now();
    if (now - (lastTold.get(key) ?? -quiet) < quiet) return;
    for (const [told, at] of lastTold) if (now - at >= quiet) lastTold.delete(told);
    lastTold.set(key, now);
    // The namespace of Events about what has none.
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    client.send({ method: 'POST', path, body: eventOf(pool, event, identity) }).catch((error: unknown) => {
      metrics.requestFailed('event');
      log('warn', 'cannot write an Event', { pool: pool.name, error: messageOf(error) });
    });
  };
}

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
function eventOf(pool: Parameters<Recorder>[0], { type, reason, note }: PoolEvent, identity: string): object {
  const { name, uid, resourceVersion } = pool;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { generateName: `${name}-` },
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    reportingController: 'antrea-cni/controller',
    reportingInstance: identity.slice(0, 128),
    action: 'Observe',
    type,
    reason,
    note: note.slice(0, 1024),
    regarding: { apiVersion: 'crd.antrea.io/v1beta1', kind: 'IPPool', name, uid, resourceVersion },
  };
}
