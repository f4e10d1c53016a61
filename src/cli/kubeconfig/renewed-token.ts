import type { ClusterAccess } from '../../kube/kubeconfig.ts';

/** What a program has given. */
export interface FetchedToken {
  readonly token: string | undefined;
  /** Milliseconds since 1970; undefined: it does not say. */
  readonly expires: number | undefined;
}

export interface RenewalOptions {
  /** Runs the program again. @throws Failure `config` */
  readonly fetch: () => FetchedToken;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The program's token; it is run again for another one when that has expired, and when the API server has refused it. */
export function renewedToken(first: FetchedToken, { fetch, now }: RenewalOptions): ClusterAccess['token'] {
  let current = first;
  return (refused) => {
    const isOver = current.expires !== undefined && current.expires <= now();
    if (isOver || (refused !== undefined && refused === current.token)) current = fetch();
    return current.token;
  };
}
