import { defaultRouteDevices, readNics, routeDevices, withParts } from '../../net/nic/links.ts';
import type { Exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import type { Endpoint } from '../move/journal.ts';
import { endpointsOf } from '../move/reach.ts';

/** What tells by which interfaces the Node and its API server reach each other. */
export interface ManagementFacts {
  /** undefined: there is no cluster. */
  readonly server: Endpoint | undefined;
  /** InternalIP addresses of the Node; undefined: not known. */
  readonly internalIPs: readonly string[] | undefined;
}

export interface Management {
  /** Names of interfaces, with those that they are made of. */
  readonly interfaces: ReadonlySet<string>;
  /** Addresses of the API server. */
  readonly servers: readonly Endpoint[];
}

/**
 * The interface of the route to the API server, and that of the InternalIP. Without a cluster: those of default routes.
 * @throws Failure `unavailable` while that cannot be told
 */
export async function findManagement(exec: Exec, { server, internalIPs }: ManagementFacts): Promise<Management> {
  const nics = readNics(exec);
  if (server === undefined) return { interfaces: withParts(nics, defaultRouteDevices(exec)), servers: [] };
  const servers = await endpointsOf(server);
  if (servers.length === 0 || internalIPs === undefined) {
    throw new Failure(
      'unavailable',
      `it cannot be told yet which interface is the management interface: ${
        servers.length === 0 ? `the name ${server.host} is not known` : "the Node's InternalIP has not been read"
      }`,
    );
  }
  const byRoute = servers.flatMap(({ host }) => routeDevices(exec, host));
  const byAddress = nics
    .filter(({ addresses }) => addresses.some(({ local }) => typeof local === 'string' && internalIPs.includes(local)))
    .map(({ name }) => name);
  return { interfaces: withParts(nics, [...byRoute, ...byAddress]), servers };
}
