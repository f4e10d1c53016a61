import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must } from '../fixture/command.ts';
import { repository } from '../fixture/runtime.ts';
import { uniqueName } from '../fixture/unique.ts';
import { until } from '../fixture/until.ts';
import { startCluster, type Cluster, type ClusterOptions } from './cluster.ts';
import { applyDeploy, manifests, untilEnforced } from './deploy.ts';
import { findClusterTools } from './tools.ts';

/** A cluster with `deploy/` in force: a copy of one that was made before, where there is one, which takes half the work. */
export async function startDeployedCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const made = await template();
  const isThere = made !== undefined && existsSync(made);
  const cluster = await startCluster({ ...options, copyOf: isThere ? made : undefined });
  try {
    await (isThere ? untilEnforced(cluster) : applyDeploy(cluster));
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** Makes the cluster that others are copies of, if it is not there; it is of no use where there are no tools. */
export async function prepareDeployedCluster(): Promise<void> {
  const path = await template();
  if (path === undefined || existsSync(path)) return;
  const cluster = await startCluster();
  try {
    await applyDeploy(cluster);
    await end(cluster);
    await publish(cluster.dir, path);
  } finally {
    await cluster.stop();
  }
}

/** etcd last, and by a signal that lets it write all. */
async function end({ apiserver, etcd }: Cluster): Promise<void> {
  await apiserver.kill();
  const pid = etcd.pid();
  if (pid !== undefined) process.kill(pid, 'SIGTERM');
  await until(() => !etcd.running(), { what: 'the end of etcd' });
}

/** Renamed when whole: a run beside this one may have been first. Those of other sources are of no use any more. */
async function publish(dir: string, path: string): Promise<void> {
  const folder = dirname(path);
  const partial = `${path}.${uniqueName('')}`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await must(['cp', '--archive', '--sparse=always', dir, partial]);
  for (const name of ['etcd.out', 'apiserver.out']) rmSync(join(partial, name));
  writeFileSync(join(partial, 'audit.log'), '');
  const old = readdirSync(folder).map((name) => join(folder, name));
  try {
    renameSync(partial, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
  for (const one of old) if (one !== path) rmSync(one, { recursive: true, force: true });
}

/** Where it is, or will be: for what it is made of, and for a week, since its certificates end. undefined: there are no tools. */
async function template(): Promise<string | undefined> {
  const { dir } = await findClusterTools();
  if (dir === undefined) return undefined;
  const hash = createHash('sha256').update(`${dir} ${Math.floor(Date.now() / week)}`);
  const sources = ['go.mod', 'audit.ts', 'certificates.ts', 'deploy.ts', 'servers.ts'].map(
    (name) => `test/cluster/${name}`,
  );
  for (const source of [...manifests, ...sources]) hash.update(readFileSync(join(repository, source)));
  return join(repository, 'build/cluster', hash.digest('hex').slice(0, 12));
}

/** Milliseconds. */
const week = 7 * 24 * 3_600_000;
