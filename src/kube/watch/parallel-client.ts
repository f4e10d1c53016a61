import { createClient, type KubeClient, type Limits } from '../client.ts';
import type { ClusterAccess } from '../kubeconfig.ts';

/** More would only wait in the API server, which gives each client its share. */
const connections = 8;

/** A page of a list takes longer than what a plugin asks for. */
const patience: Limits = { attempt: 15_000, total: 40_000 };

/** A client of the plugin sends one request after the other; this one spreads them over several. */
export function parallelClient(access: ClusterAccess, limits: Limits = patience): KubeClient {
  const open = (): Lane => ({ client: createClient({ access, limits, deadline: endless }), load: 0 });
  const first = open();
  const others = Array.from({ length: connections - 1 }, open);
  return {
    server: first.client.server,
    async send(request) {
      const lane = others.reduce((best, one) => (one.load < best.load ? one : best), first);
      lane.load += 1;
      try {
        return await lane.client.send(request);
      } finally {
        lane.load -= 1;
      }
    },
    close: () => [first, ...others].forEach(({ client }) => client.close()),
  };
}

/** A client of its own, that waits for nobody else's requests. @param milliseconds for all tries of one request */
export function promptClient(access: ClusterAccess, milliseconds: number): KubeClient {
  return createClient({ access, limits: { attempt: milliseconds, total: milliseconds }, deadline: endless });
}

interface Lane {
  readonly client: KubeClient;
  /** Requests that are under way. */
  load: number;
}

/** Nobody waits for the whole of our work. */
const endless = { remaining: () => Number.MAX_SAFE_INTEGER };
