import type { KubeClient, Limits } from '../client.ts';
import type { ClusterAccess } from '../kubeconfig.ts';
import { parallelClient } from './parallel-client.ts';
import { watchConnections, type OpenWatch } from './connection.ts';

/** The API server, as a process speaks to it that runs for long: the controller, the agent. */
export interface Api {
  /** Single requests, each with a deadline, tried again where that may help; up to eight at a time. */
  readonly client: KubeClient;
  /** One connection of a watch. Most callers want `watchCollection`, which keeps one up. */
  readonly openWatch: OpenWatch;
  readonly close: () => void;
}

/**
 * @param userAgent of watches, for the API server's logs
 * @param limits of single requests
 */
export function createApi(access: ClusterAccess, userAgent: string, limits?: Limits): Api {
  const client = parallelClient(access, limits);
  return { client, openWatch: watchConnections(access, userAgent), close: () => client.close() };
}
