import type { ClusterAccess, Refused } from './kubeconfig.ts';
import { createTransport, type Transport } from './transport.ts';

/** How requests go to the API server now. */
export interface Route {
  readonly access: ClusterAccess;
  readonly transport: Transport;
}

export interface Routes {
  /**
   * @param refused what the API server has refused: another one is wanted, where there is one to be had
   * @throws Failure `config` or `unavailable` when credentials cannot be renewed
   */
  current(refused: Refused): Promise<Route>;
  close(): void;
}

/**
 * By the credentials of now: a client certificate belongs to the connection that it was shown on, and so does what the
 * server was believed by; with others comes another connection. What is under way on the one before is answered there.
 * @param sole see ClientOptions
 * @throws Failure `config` when the certificates cannot be used
 */
export function createRoutes(first: ClusterAccess, sole: boolean): Routes {
  let route: Route = { access: first, transport: createTransport(first, sole) };
  return {
    current: async (refused) => {
      if (first.renewed === undefined) return route;
      const access = await first.renewed(refused);
      const before = route;
      if (access === before.access) return before;
      const isSame = isSameTLS(access, before.access);
      route = { access, transport: isSame ? before.transport : createTransport(access, sole) };
      if (!isSame) before.transport.retire();
      return route;
    },
    close: () => route.transport.close(),
  };
}

/** Whether a connection by one would be one by the other. */
export function isSameTLS(one: ClusterAccess, other: ClusterAccess): boolean {
  const [a, b] = [one.clientCertificate, other.clientCertificate];
  return a?.cert === b?.cert && a?.key === b?.key && one.ca === other.ca && one.servername === other.servername;
}
