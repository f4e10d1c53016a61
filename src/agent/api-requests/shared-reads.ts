import { Failure } from '../../system/failure.ts';
import { monotonicNow } from '../../system/time.ts';

export interface Read<T> {
  /** Equal for reads that have the same answer. */
  readonly key: string;
  /** Milliseconds for which whoever asks waits. */
  readonly remaining: number;
  /** Begins to read. @param remaining milliseconds for which somebody waits */
  readonly begin: (remaining: number) => Promise<T>;
}

export type SharedReads<T> = (read: Read<T>) => Promise<T>;

export interface SharedReadsOptions {
  /** Milliseconds. */
  readonly now?: () => number;
  /** Milliseconds after which nobody waits for the end of a read that was begun before: its answer may be lost. */
  readonly impatience?: number;
}

/**
 * Lets equal reads be one where answers of the past would not do: whoever asks while one is under way shares the next
 * one with all who do, and that begins when the first has ended. So each gets what was read after it had asked. An error
 * is that of all who share it, and who stops waiting ends its own waiting only.
 */
export function sharingReads<T>({ now = monotonicNow, impatience = 250 }: SharedReadsOptions = {}): SharedReads<T> {
  const lines: Lines<T> = new Map();
  const context: Context<T> = { lines, now, impatience };
  return async ({ key, remaining, begin }) => {
    const line = lines.get(key);
    if (line === undefined) return start(context, key, () => begin(remaining));
    const next = (line.next ??= { begin, until: 0, waiting: 0, answer: Promise.withResolvers() });
    next.until = Math.max(next.until, now() + remaining);
    next.waiting += 1;
    return within(remaining, next.answer.promise).finally(() => {
      next.waiting -= 1;
    });
  };
}

/** Of what is being read, by its key. */
type Lines<T> = Map<string, { next: Next<T> | undefined }>;

interface Next<T> {
  readonly begin: Read<T>['begin'];
  /** When the last one stops waiting. */
  until: number;
  /** How many still do. A timer may be over a moment before its time. */
  waiting: number;
  readonly answer: PromiseWithResolvers<T>;
}

interface Context<T> extends Required<SharedReadsOptions> {
  readonly lines: Lines<T>;
}

async function start<T>(context: Context<T>, key: string, begin: () => Promise<T>): Promise<T> {
  context.lines.set(key, { next: undefined });
  let isFollowed = false;
  const follow = (): void => {
    clearTimeout(timer);
    if (!isFollowed) startNext(context, key);
    isFollowed = true;
  };
  const timer = setTimeout(follow, context.impatience);
  const answer = begin();
  answer.then(follow, follow);
  return answer;
}

function startNext<T>(context: Context<T>, key: string): void {
  const { lines, now } = context;
  const next = lines.get(key)?.next;
  lines.delete(key);
  if (next === undefined || next.waiting === 0) return;
  const { begin, until, answer } = next;
  const remaining = until - now();
  // Nobody may be told who has gone.
  answer.promise.catch(() => {});
  if (remaining <= 0) answer.reject(late());
  else answer.resolve(start(context, key, () => begin(remaining)));
}

async function within<T>(remaining: number, answer: Promise<T>): Promise<T> {
  const waiting = Promise.withResolvers<T>();
  const timer = setTimeout(() => waiting.reject(late()), remaining);
  answer.then(waiting.resolve, waiting.reject);
  try {
    return await waiting.promise;
  } finally {
    clearTimeout(timer);
  }
}

function late(): Failure {
  return new Failure('unavailable', 'the API server did not answer the agent in time');
}
