import type { Verdict } from './verdict.ts';

/** Milliseconds. */
export interface Patience {
  /** How long a sandbox must be seen to be gone. */
  readonly soon: number;
  readonly late: number;
}

/** What has been seen of sandboxes that are gone; in memory only: an agent that starts has seen nothing yet. */
export interface Sightings {
  /** One look at all of them. @returns those whose time has come, and which are not just being waited for after a failure */
  readonly look: (verdicts: ReadonlyMap<string, Verdict>, now: number) => readonly string[];
  /** All of it has been freed: should something be there all the same, the time begins anew. */
  readonly done: (id: string) => void;
  /** Something could not be freed: it is tried again later and later. */
  readonly failed: (id: string, now: number) => void;
  /** Those that are gone and wait. */
  readonly waiting: () => number;
  /** Those of which something could not be freed. */
  readonly failing: () => number;
}

interface Seen {
  /** Of the first look that has found it gone, with none since that has not. */
  readonly since: number;
  readonly looks: number;
  readonly failures: number;
  readonly notBefore: number;
}

/** Milliseconds until the next try, and at most. */
const retry = { first: 5000, last: 300_000 } as const;

export function createSightings({ soon, late }: Patience): Sightings {
  let seen = new Map<string, Seen>();
  return {
    look(verdicts, now) {
      const next = new Map<string, Seen>();
      const ripe: string[] = [];
      for (const [id, verdict] of verdicts) {
        if (verdict === 'alive') continue;
        const before = seen.get(id) ?? { since: now, looks: 0, failures: 0, notBefore: 0 };
        const one = { ...before, looks: before.looks + 1 };
        next.set(id, one);
        const isOver = now - one.since >= (verdict === 'soon' ? soon : late);
        if (isOver && one.looks >= 2 && now >= one.notBefore) ripe.push(id);
      }
      seen = next;
      return ripe;
    },
    done: (id) => void seen.delete(id),
    failed(id, now) {
      const one = seen.get(id);
      if (one === undefined) return;
      const wait = Math.min(retry.first * 2 ** one.failures, retry.last);
      seen.set(id, { ...one, failures: one.failures + 1, notBefore: now + wait });
    },
    waiting: () => seen.size,
    failing: () => [...seen.values()].filter(({ failures }) => failures > 0).length,
  };
}
