import type { Cluster } from '../../cluster/cluster.ts';
import { startDeployedCluster } from '../../cluster/deployed.ts';
import { makeRoleToken, metadataOf, removePod } from '../../cluster/objects.ts';
import type { JsonObject } from '../../fixture/json.ts';
import { createResources } from '../../fixture/resources.ts';
import { uniqueName } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';
import { makeAddresses, type Addresses, type Held } from './addresses.ts';
import { startController, type ControllerChoice, type RunningController } from './controller.ts';
import { startKubelet, type Kubelet } from './kubelet.ts';

export type Running = Held & { readonly pod: JsonObject };

/** A cluster with the rights of deploy/, a pool, and what tests of the controller do in it. */
export interface Bed {
  readonly cluster: Cluster;
  /** Of the controller. */
  readonly token: string;
  readonly addresses: Addresses;
  /** Of this test only, as all that follows. */
  readonly defer: (undo: () => unknown) => void;
  readonly controller: (choice?: Omit<ControllerChoice, 'token'>) => Promise<RunningController>;
  readonly kubelet: () => Promise<Kubelet>;
  /** Deletes a Pod by force: nobody is there who could end it. Returns when, in milliseconds, that was begun. */
  readonly kill: (running: Running) => Promise<number>;
  /** Ends what this test has started. */
  readonly release: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function openBed(): Promise<Bed> {
  const cluster = await startDeployedCluster();
  const resources = createResources();
  const { admin } = cluster;
  await admin.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  const token = await makeRoleToken(admin, 'controller', 'node-of-the-controller');
  return {
    cluster,
    token,
    addresses: await makeAddresses(admin),
    defer: resources.defer,
    controller: async (choice = {}) => resources.use(startController(cluster, { token, ...choice })),
    kubelet: async () => resources.use(startKubelet(admin, uniqueName('node-'))),
    async kill({ pod }) {
      const begun = performance.now();
      await removePod(admin, { namespace: 'default', name: metadataOf(pod, 'name') });
      return begun;
    },
    release: resources.release,
    stop: cluster.stop,
  };
}

export async function untilFreed({ path, isHeld }: Held): Promise<void> {
  await until(async () => !(await isHeld()), { what: `nobody who holds ${path}`, everyMs: 20 });
}

export async function stillHeld(held: readonly Held[]): Promise<readonly boolean[]> {
  return Promise.all(held.map(({ isHeld }) => isHeld()));
}
