import { writePodEvent, type PodEvent, type Reporter } from '../../kube/pod-event.ts';
import type { Collection } from '../../kube/watch/kept.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import type { SandboxRecord } from '../../system/sandboxes.ts';
import { judgePod } from './judge.ts';
import type { PodView } from './pod-view.ts';

export interface Means {
  /** Of this Node: see podsOf(). */
  readonly pods: Collection<PodView>;
  readonly reporter: Reporter;
  readonly log: Log;
  /** Milliseconds, monotonic. */
  readonly clock?: () => number;
}

/** Milliseconds until an Event that the API server refuses is tried again. */
const rest = 600_000;

export interface NodeFacts {
  readonly records: readonly SandboxRecord[];
  readonly skipNamespaces: readonly string[];
}

export interface PodWatcher {
  /** Compares all Pods with what they ask for, and tells on them what is new. @returns how many lack networks */
  readonly look: (facts: NodeFacts) => Promise<number>;
  readonly stop: () => void;
}

/** Sees to it that a Pod without the networks that it asks for does not go unnoticed. */
export function watchPods({ pods, reporter, log, clock = () => performance.now() }: Means): PodWatcher {
  const first = new Map<string, string>();
  const told = new Map<string, Told>();
  let suspects: ReadonlySet<string> = new Set();
  const stop = pods.onChange(({ before, after }) => {
    if (after !== undefined && !first.has(after.uid)) first.set(after.uid, after.networks);
    if (before === undefined || before.uid === after?.uid) return;
    first.delete(before.uid);
    told.delete(before.uid);
  });
  return {
    stop,
    look: async (facts) => {
      const judged = [...pods.values()].map((pod) => ({ pod, ...judgePod(pod, { ...facts, first }) }));
      const bare = judged.filter(({ isBare }) => isBare).map(({ pod }) => pod.uid);
      // At the moment when a sandbox is replaced, a Pod runs without a record.
      const seenTwice = bare.filter((uid) => suspects.has(uid));
      suspects = new Set(bare);
      for (const { pod, isBare, event } of judged) {
        if (event === undefined || (isBare && !seenTwice.includes(pod.uid))) continue;
        const text = event.message + (event.key ?? '');
        const last = told.get(pod.uid);
        if (last?.text === text && clock() < last.until) continue;
        const outcome = await tell(pod, event, { reporter, log });
        if (outcome === 'away') break;
        told.set(pod.uid, { text, until: outcome === 'told' ? Number.POSITIVE_INFINITY : clock() + rest });
      }
      return seenTwice.length;
    },
  };
}

interface Told {
  readonly text: string;
  /** When it is to be told again; never, where it was. */
  readonly until: number;
}

/** What is not told is tried again at the next look; while the API server is away, the others need not be tried. */
async function tell(
  pod: PodView,
  event: PodEvent,
  { reporter, log }: Pick<Means, 'reporter' | 'log'>,
): Promise<'told' | 'refused' | 'away'> {
  const facts = { pod: `${pod.namespace}/${pod.name}`, reason: event.reason, note: event.message };
  try {
    await writePodEvent(reporter, pod, event);
    log('warn', 'a Pod has not got the networks that it asks for', facts);
    return 'told';
  } catch (error) {
    log('warn', 'cannot write an Event', { ...facts, error: messageOf(error) });
    return error instanceof Failure && error.kind !== 'unavailable' ? 'refused' : 'away';
  }
}
