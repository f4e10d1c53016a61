/** Whether what is kept of a resource is what the API server has, and why not. */
export interface Freshness {
  /** A connection is up: whatever changes from now on is told. */
  readonly follows: () => void;
  /** All has been listed: it is known as it is now. */
  readonly listed: () => void;
  /** Nothing tells of changes any more. @param reason what has failed; undefined: nothing has */
  readonly lost: (reason: string | undefined) => void;
  /** Why nothing may be done by what is kept; undefined: it is fresh enough. */
  readonly problem: () => string | undefined;
}

export interface FreshnessOptions {
  /** Of the resource. */
  readonly path: string;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/**
 * Milliseconds after which what nobody has told of changes is not to be relied upon: an API server that is replaced is
 * back by then. A connection that has gone silent is given up before (src/kube/watch/connection.ts).
 */
const longest = 60_000;

export function createFreshness({ path, clock }: FreshnessOptions): Freshness {
  let known: number | undefined;
  let isFollowed = false;
  let complaint: string | undefined;
  return {
    follows: () => {
      isFollowed = true;
      complaint = undefined;
    },
    listed: () => {
      known = clock();
    },
    lost: (reason) => {
      if (isFollowed) known = clock();
      isFollowed = false;
      complaint = reason ?? complaint;
    },
    problem: () => {
      const why = complaint === undefined ? '' : `: ${complaint}`;
      if (known === undefined) return `${path} has not been listed yet${why}`;
      const age = isFollowed ? 0 : clock() - known;
      return age <= longest ? undefined : `${path} is known only as it was ${Math.round(age / 1000)} s ago${why}`;
    },
  };
}
