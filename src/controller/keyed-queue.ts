import { pauseAfter } from '../kube/watch/follow.ts';
import { Failure } from '../system/failure.ts';

export interface KeyedQueueOptions {
  /** What there is to do for a key. May ask, by milliseconds, to be called again later; is called again after an error. */
  readonly work: (key: string) => Promise<number | undefined>;
  /** @param failures of this key, one after the other */
  readonly onError: (key: string, error: unknown, failures: number) => void;
  /** Milliseconds at least from the end of one call to the next one of the same key. */
  readonly spacing: number;
  /** Forgets everything. */
  readonly signal: AbortSignal;
}

/** Of many wishes for the same key, one call comes; never two of one key at the same time. */
export interface KeyedQueue {
  readonly add: (key: string, inMilliseconds?: number) => void;
  /** What is wished, and what a call that runs now will ask for. */
  readonly forget: (key: string) => void;
}

export function createKeyedQueue(options: KeyedQueueOptions): KeyedQueue {
  const { signal } = options;
  const entries = new Map<string, Entry>();
  const queue: KeyedQueue = {
    add(key, inMilliseconds = 0) {
      if (signal.aborted) return;
      const entry = entries.get(key) ?? newEntry();
      entries.set(key, entry);
      want(entry, performance.now() + inMilliseconds);
      if (!entry.running) arm(entry, () => void run(entry, { key, options, queue }));
    },
    forget(key) {
      const entry = entries.get(key);
      disarm(entry);
      // While it runs, the entry is what keeps a second call from beginning.
      if (entry?.running === true) Object.assign(entry, { due: undefined, isForgotten: true });
      else entries.delete(key);
    },
  };
  signal.addEventListener('abort', () => [...entries.keys()].forEach(queue.forget), { once: true });
  return queue;
}

/** Times are those of `performance.now()`. */
interface Entry {
  timer: NodeJS.Timeout | undefined;
  running: boolean;
  /** When the next call is wished. */
  due: number | undefined;
  notBefore: number;
  failures: number;
  /** Since the call that runs began. */
  isForgotten: boolean;
}

function newEntry(): Entry {
  return { timer: undefined, running: false, due: undefined, notBefore: 0, failures: 0, isForgotten: false };
}

function want(entry: Entry, due: number): void {
  Object.assign(entry, { due: Math.min(entry.due ?? due, due) });
}

function arm(entry: Entry, call: () => void): void {
  disarm(entry);
  const delay = Math.max(entry.due ?? 0, entry.notBefore) - performance.now();
  Object.assign(entry, { timer: setTimeout(call, Math.max(0, delay)) });
}

function disarm(entry: Entry | undefined): void {
  if (entry !== undefined) clearTimeout(entry.timer);
}

async function run(
  entry: Entry,
  { key, options, queue }: { readonly key: string; readonly options: KeyedQueueOptions; readonly queue: KeyedQueue },
): Promise<void> {
  Object.assign(entry, { running: true, due: undefined, isForgotten: false });
  const again = await attempt(entry, key, options);
  Object.assign(entry, { running: false, notBefore: performance.now() + options.spacing });
  if (again !== undefined && !entry.isForgotten) want(entry, performance.now() + again);
  if (entry.due !== undefined) queue.add(key, entry.due - performance.now());
  else if (entry.isForgotten) queue.forget(key);
}

/** Milliseconds until the next call, if there is to be one. */
async function attempt(entry: Entry, key: string, options: KeyedQueueOptions): Promise<number | undefined> {
  try {
    const again = await options.work(key);
    Object.assign(entry, { failures: 0 });
    return again;
  } catch (error) {
    Object.assign(entry, { failures: entry.failures + 1 });
    options.onError(key, error, entry.failures);
    return pauseAfter(entry.failures, isRefusal(error));
  }
}

/** It stays until somebody acts. */
function isRefusal(error: unknown): boolean {
  return error instanceof Failure && (error.kind === 'refused' || error.kind === 'not-found');
}
