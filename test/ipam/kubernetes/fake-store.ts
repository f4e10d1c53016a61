import { createKubernetesPools } from '../../../src/ipam/kubernetes/pools.ts';
import { createKubernetesStore } from '../../../src/ipam/kubernetes/store.ts';
import type { PoolAdmin } from '../../../src/ipam/pool-admin.ts';
import type { Store } from '../../../src/ipam/store.ts';
import { createClient, type KubeClient, type Limits } from '../../../src/kube/client.ts';
import { deadlineIn } from '../../../src/system/time.ts';
import { startFakeApiServer, type FakeApiServer, type Fault, type Seen } from '../../kube/fake-api-server.ts';
import { virtualTime } from '../../kube/virtual-time.ts';

export interface FakeStore {
  readonly fake: FakeApiServer;
  readonly client: KubeClient;
  readonly store: Store;
  readonly admin: PoolAdmin;
  readonly reopen: () => Store;
  close(): Promise<void>;
}

/** The driver on a fake API server; it waits before another try in virtual time. */
export async function openFakeStore(limits?: Limits): Promise<FakeStore> {
  const fake = await startFakeApiServer();
  const clients: KubeClient[] = [];
  const connect = (): KubeClient => {
    const client = createClient({
      access: {
        server: { secure: false, host: '127.0.0.1', port: Number(new URL(fake.url).port), base: '' },
        ca: undefined,
        servername: undefined,
        clientCertificate: undefined,
        token: () => undefined,
      },
      deadline: deadlineIn(60_000),
      time: virtualTime(),
      ...(limits !== undefined && { limits }),
    });
    clients.push(client);
    return client;
  };
  const client = connect();
  return {
    fake,
    client,
    store: createKubernetesStore({ client }),
    admin: createKubernetesPools(client),
    reopen: () => createKubernetesStore({ client: connect() }),
    async close() {
      for (const one of clients) one.close();
      await fake.close();
    },
  };
}

export const allocations = '/apis/crd.antrea.io/v1beta1/ipallocations';
export const pools = '/apis/crd.antrea.io/v1beta1/ippools';

/** `GET ippools/a`; a list ends with `?`. */
export function asked({ seen }: FakeApiServer): string[] {
  return seen.map(({ method, path }) => {
    const [collection = '', name] = path.split('/').slice(path.startsWith('/api/v1/') ? 3 : 4);
    if (name !== undefined) return `${method} ${collection}/${name}`;
    return method === 'GET' ? `LIST ${collection}` : `${method} ${collection}`;
  });
}

/** The first request that matches fails so; all others go well. */
export function onceOn(method: string, fault: Fault): (request: Seen) => Fault | undefined {
  let done = false;
  return (request) => {
    if (done || request.method !== method) return undefined;
    done = true;
    return fault;
  };
}
