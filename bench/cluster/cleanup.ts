import { until } from '../../test/fixture/until.ts';
import { startKubelet } from '../../test/controller/cluster/kubelet.ts';
import { startController, untilProjected } from './controller.ts';
import { fillClusterPool, makeClusterPool } from './pools.ts';
import type { ClusterStage } from './stage.ts';

export interface CleanupScale {
  /** Addresses that are held in all. */
  readonly held: number;
  /** Those of them whose Pods are gone. */
  readonly dead: number;
}

/** Times in seconds, sizes in KiB. */
export interface Cleanup extends CleanupScale {
  /** From the start of the controller until it knows all addresses and leads. */
  readonly readyS: number;
  /** From the first address freed to the last one. */
  readonly freeingS: number;
  /** Resident, when it knows all addresses. */
  readonly memoryKb: number;
  /** Resident, at most: clean-up included. */
  readonly peakKb: number;
}

/** The controller finds Pods gone on a Node that lives, waits for a second, and frees their addresses. */
export async function measureCleanup(stage: ClusterStage, scale: CleanupScale): Promise<Cleanup> {
  const { cluster } = stage;
  const kubelet = await startKubelet(cluster.admin, 'cleanup-node');
  await fill(stage, scale, kubelet.node);
  const begin = performance.now();
  const controller = await startController(stage, ['--cleanup-grace', '1s', '--cleanup-interval', '1s']);
  try {
    const readyS = secondsSince(begin);
    await untilProjected(cluster, ['crowd']);
    const { nowKb } = controller.memory();
    const freed = async (): Promise<number> => controller.metric('antrea_controller_released_total');
    const wait = { timeoutMs: 180_000, everyMs: 50 };
    await until(async () => (await freed()) > 0, { what: 'the first address freed', ...wait });
    const first = performance.now();
    await until(async () => (await freed()) >= scale.dead, { what: 'all dead addresses freed', ...wait });
    return { ...scale, readyS, freeingS: secondsSince(first), memoryKb: nowKb, peakKb: controller.memory().peakKb };
  } finally {
    await controller.stop();
    await kubelet.remove();
  }
}

/** Those who live are no Pods, so that nobody looks for them: 40,000 Pods would measure the API server. */
async function fill({ cluster }: ClusterStage, { held, dead }: CleanupScale, node: string): Promise<void> {
  const second = 244;
  const poolUID = await makeClusterPool(cluster, 'crowd', second);
  const hosts = Array.from({ length: held }, (_, index) => index + 2);
  const podUID = (index: number): string =>
    index < dead ? `00000000-0000-4000-8000-${String(index).padStart(12, '0')}` : '';
  await fillClusterPool(cluster, { pool: 'crowd', second, poolUID, hosts, podUID, node });
}

function secondsSince(begin: number): number {
  return (performance.now() - begin) / 1000;
}
