import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepted } from '../../test/cluster/api.ts';
import type { Cluster } from '../../test/cluster/cluster.ts';
import { makeRoleToken } from '../../test/cluster/objects.ts';
import { freePort } from '../../test/cluster/ports.ts';
import { startDaemon } from '../../test/fixture/daemon.ts';
import { isObject } from '../../test/fixture/json.ts';
import { antreaExecutable } from '../../test/fixture/runtime.ts';
import { until } from '../../test/fixture/until.ts';
import { group } from './pools.ts';
import { nodeName, type ClusterStage } from './stage.ts';

/** `antrea controller` with the rights of its ServiceAccount. */
export interface BenchController {
  /** The sum of a metric's values, whatever their labels. */
  readonly metric: (name: string) => Promise<number>;
  /** VmRSS and VmHWM, in KiB. */
  readonly memory: () => { readonly nowKb: number; readonly peakKb: number };
  readonly stop: () => Promise<void>;
}

/** Leads when this returns. */
export async function startController(stage: ClusterStage, args: readonly string[] = []): Promise<BenchController> {
  const { cluster, node } = stage;
  const token = await makeRoleToken(cluster.admin, 'controller', nodeName);
  const listen = `127.0.0.1:${await freePort()}`;
  const kubeconfig = cluster.kubeconfig({ token });
  const outputFile = join(node.dir, 'controller.out');
  const argv = [antreaExecutable(), 'controller', '--kubeconfig', kubeconfig, '--listen', listen, ...args];
  const daemon = startDaemon({ argv, outputFile });
  const metric = async (name: string): Promise<number> => {
    if (!daemon.running()) throw new Error(`the controller has ended: ${readFileSync(outputFile, 'utf8')}`);
    const answer = await fetch(`http://${listen}/metrics`).catch(() => undefined);
    return sumOf((await answer?.text()) ?? '', name);
  };
  const leads = async (): Promise<boolean> => (await metric('antrea_controller_leader')) === 1;
  await until(leads, { what: 'a leading controller', timeoutMs: 60_000, everyMs: 50 });
  return { metric, memory: () => memoryOf(daemon.pid() ?? 0), stop: daemon.kill };
}

/** Until the status of every pool tells what is free. */
export async function untilProjected({ admin }: Cluster, pools: readonly string[]): Promise<void> {
  const isProjected = async (pool: string): Promise<boolean> => {
    const { status } = accepted(await admin.get(`/apis/${group}/ippools/${pool}`));
    return isObject(status) && Array.isArray(status['free']);
  };
  for (const pool of pools)
    await until(() => isProjected(pool), { what: `status.free of pool ${pool}`, timeoutMs: 60_000, everyMs: 100 });
}

function sumOf(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function memoryOf(pid: number): { readonly nowKb: number; readonly peakKb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kb = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return { nowKb: kb('VmRSS'), peakKb: kb('VmHWM') };
}
