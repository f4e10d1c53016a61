import type { KubeClient } from '../../kube/client.ts';
import { writePodEvent } from '../../kube/pod-event.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import { sleep } from '../../system/sleep.ts';
import type { PassedEvent } from './read.ts';

/** Events of the plugin, which has been told that they will be written. */
export interface EventQueue {
  /** @throws Failure `unavailable` when there are too many */
  readonly add: (event: Pick<PassedEvent, 'pod' | 'event'>) => void;
  /** Resolves when all are written, or were tried. */
  readonly end: () => Promise<void>;
}

export interface EventQueueOptions {
  readonly client: Pick<KubeClient, 'send'>;
  readonly nodeName: string;
  readonly log: Log;
}

/** More than Pods that start at once; one that the plugin has to write itself costs it a handshake. */
const longest = 256;

/** Milliseconds for one. */
const patience = 5000;

/** Milliseconds: the Pod that it is about is still being started, and needs the processors more. */
const courtesy = 100;

/** Writes one after the other, in the order in which they came: Pods that start do not wait for them. */
export function eventQueue({ client, nodeName, log }: EventQueueOptions): EventQueue {
  const waiting: Pick<PassedEvent, 'pod' | 'event'>[] = [];
  let working: Promise<void> | undefined;
  const ending = new AbortController();
  const work = async (): Promise<void> => {
    await sleep(courtesy, ending.signal);
    const reporter = { client, component: 'antrea-cni/plugin', node: nodeName, patience } as const;
    let isAway = false;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { pod, event } = next;
      try {
        // An agent that ends does not wait again and again for an API server that is away.
        if (isAway && ending.signal.aborted) throw new Error('the agent ends');
        await writePodEvent(reporter, pod, event);
        isAway = false;
      } catch (error) {
        isAway = !(error instanceof Failure) || error.kind === 'unavailable';
        const about = { pod: `${pod.namespace}/${pod.name}`, reason: event.reason, note: event.message };
        log('warn', 'cannot write an Event', { ...about, error: messageOf(error) });
      }
    }
    working = undefined;
  };
  return {
    add: (event) => {
      if (waiting.length >= longest) throw new Failure('unavailable', `${longest} Events wait to be written`);
      waiting.push(event);
      working ??= work();
    },
    end: async () => {
      ending.abort();
      await working;
    },
  };
}
