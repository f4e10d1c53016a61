import type { KubeClient } from '../../kube/client.ts';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { parallelClient } from './client.ts';
import { watchConnections, type OpenWatch } from './connection.ts';

/** The API server, as the controller speaks to it. */
export interface Api {
  /** Single requests, each with a deadline, tried again where that may help; up to eight at a time. */
  readonly client: KubeClient;
  /** One connection of a watch. Most callers want `watchCollection`, which keeps one up. */
  readonly openWatch: OpenWatch;
  readonly close: () => void;
}

export function createApi(access: ClusterAccess): Api {
  const client = parallelClient(access);
  return { client, openWatch: watchConnections(access), close: () => client.close() };
}
