import type { KubeClient } from '../../kube/client.ts';
import { writePodEvent } from '../../kube/pod-event.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import { sleep } from '../../system/sleep.ts';
import { monotonicNow } from '../../system/time.ts';
import type { Calls } from './calls.ts';
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
  readonly calls: Pick<Calls, 'quietSince'>;
  readonly log: Log;
  readonly time?: QueueTime;
}

export interface QueueTime {
  /** Milliseconds, of the clock of `calls`. */
  readonly now: () => number;
  readonly sleep: typeof sleep;
}

/** One that the plugin has to write itself costs it a handshake. */
const longest = 512;

/** With more than these, their Pods' containers are still being started when the last network is attached. */
const crowd = 16;

/** With more than these, all are written at once: a Node may have so many Pods that something always starts. */
const most = 256;

/** Milliseconds for one. */
const patience = 5000;

/** Milliseconds: the Pod that it is about is still being started, and needs the processors more. */
const courtesy = 100;

/** Milliseconds without a call of the plugin before it is told that all is well, and after which it is told anyway. */
const [quiet, latest] = [1000, 30_000];

/**
 * Writes one after the other. What went wrong is told soon; what went well waits until no Pod is being started, since
 * it costs as much as taking an address. Those of one Pod stay in their order.
 */
export function eventQueue(options: EventQueueOptions): EventQueue {
  const { time = { now: monotonicNow, sleep } } = options;
  const state: State = {
    ...options,
    time,
    waiting: [],
    isEnding: false,
    isAway: false,
    working: undefined,
    wake: () => {},
  };
  return {
    add: ({ pod, event }) => {
      if (state.waiting.length >= longest) throw new Failure('unavailable', `${longest} Events wait to be written`);
      state.waiting.push({ pod, event: { ...event, at: new Date() }, since: time.now() });
      state.wake();
      state.working ??= work(state);
    },
    end: async () => {
      state.isEnding = true;
      state.wake();
      await state.working;
    },
  };
}

interface State extends Required<EventQueueOptions> {
  readonly waiting: Waiting[];
  isEnding: boolean;
  /** Whether the last one could not be written for want of an API server. */
  isAway: boolean;
  working: Promise<void> | undefined;
  /** Ends a sleep. */
  wake: () => void;
}

interface Waiting extends Pick<PassedEvent, 'pod' | 'event'> {
  readonly since: number;
}

async function work(state: State): Promise<void> {
  const { waiting, time } = state;
  while (waiting.length > 0) {
    const waits = waiting.map((one) => waitFor(state, one));
    const wait = Math.min(...waits);
    if (wait > 0) {
      const waking = new AbortController();
      state.wake = () => waking.abort();
      await time.sleep(wait, waking.signal);
      continue;
    }
    // What was told of this Pod before goes before it.
    const ripe = waiting[waits.indexOf(wait)];
    const first = waiting.findIndex(({ pod }) => pod.uid === ripe?.pod.uid);
    for (const next of waiting.splice(first, 1)) await write(state, next);
  }
  state.working = undefined;
}

/** Milliseconds until it may be written. */
function waitFor({ waiting, isEnding, time, calls }: State, { event, since }: Waiting): number {
  if (isEnding || waiting.length > most) return 0;
  const now = time.now();
  const polite = since + courtesy - now;
  if (event.type === 'Warning') return polite;
  const last = since + latest - now;
  if (waiting.length > crowd) return last;
  const quietAt = (calls.quietSince() ?? now) + quiet;
  return Math.min(last, Math.max(polite, quietAt - now));
}

async function write(state: State, { pod, event }: Waiting): Promise<void> {
  const { client, nodeName, log } = state;
  try {
    // An agent that ends does not wait again and again for an API server that is away.
    if (state.isAway && state.isEnding) throw new Error('the agent ends');
    await writePodEvent({ client, component: 'antrea-cni/plugin', node: nodeName, patience }, pod, event);
    state.isAway = false;
  } catch (error) {
    state.isAway = !(error instanceof Failure) || error.kind === 'unavailable';
    const about = { pod: `${pod.namespace}/${pod.name}`, reason: event.reason, note: event.message };
    log('warn', 'cannot write an Event', { ...about, error: messageOf(error) });
  }
}
