import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { Failure } from '../../system/failure.ts';
import { sleep } from '../../system/sleep.ts';
import { successor } from './reread-access.ts';

/** What a program has given. */
export interface Fetched {
  readonly access: ClusterAccess;
  /** Milliseconds since 1970; undefined: it does not say. */
  readonly expires: number | undefined;
  /** The same credentials with the rest of the kubeconfig as it is now. @throws Failure `config` */
  readonly reread: () => Promise<ClusterAccess>;
}

export interface RenewalOptions {
  /** Runs the program again. @throws Failure `config` */
  readonly fetch: () => Promise<Fetched>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** Milliseconds between two runs: what is refused, or fails, again and again does not become another by haste. */
const rest = 5000;

interface Run {
  readonly outcome: Promise<ClusterAccess>;
  /** By the clock; infinite while it is under way. */
  end: number;
}

/**
 * The access by a program's credentials; it is run again for others when those have expired, and when the API server has
 * refused them. One at a time: all who need others wait for the same. An API server that is not believed to be who it is
 * has the kubeconfig read again, and no program run.
 */
export function renewedAccess(first: Fetched, { fetch, now, clock }: RenewalOptions): ClusterAccess {
  let current = first;
  let last: Run | undefined;
  const fetched = async (): Promise<ClusterAccess> => {
    current = await fetch();
    return current.access;
  };
  const reread = async (): Promise<void> => {
    const before = current;
    const next = await before.reread();
    if (current === before) current = { ...before, access: successor(before.access, next) };
  };
  const begin = (): Run => {
    const run = { outcome: fetched(), end: Number.POSITIVE_INFINITY };
    const finish = (): void => {
      run.end = clock();
    };
    run.outcome.then(finish, finish);
    return run;
  };
  return {
    ...first.access,
    token: () => current.access.token(),
    renewed: async ({ refused, distrusting, patience }) => {
      if (distrusting !== undefined && distrusting === current.access) await reread();
      const isOver = current.expires !== undefined && current.expires <= now();
      if (!isOver && refused !== current.access) return current.access;
      if (last === undefined || clock() >= last.end + rest) last = begin();
      return within(patience, last.outcome);
    },
  };
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const late = async (): Promise<never> => {
    await sleep(milliseconds, settled.signal);
    throw new Failure('unavailable', "credentials are still fetched by the kubeconfig's program: try again later");
  };
  try {
    return await Promise.race([work, late()]);
  } finally {
    settled.abort();
  }
}
