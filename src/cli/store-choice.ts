import { resolve } from 'node:path';
import { defaultNodeFile, readNodeFile } from '../config/node-file.ts';
import { createFilePools } from '../ipam/file/pools.ts';
import { createFileStore } from '../ipam/file/store.ts';
import { createKubernetesPools } from '../ipam/kubernetes/pools.ts';
import { createKubernetesStore } from '../ipam/kubernetes/store.ts';
import type { PoolAdmin } from '../ipam/pool-admin.ts';
import type { Store } from '../ipam/store.ts';
import { lazyClient } from '../kube/client.ts';
import { readKubeconfig } from '../kube/kubeconfig.ts';
import { files } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { deadlineIn } from '../system/time.ts';
import { printable } from './output/printable.ts';
import type { Terminal } from './terminal.ts';

export interface StoreOptions {
  readonly dataDir?: string;
  readonly nodeConfig?: string;
}

export interface OpenStore {
  readonly pools: PoolAdmin;
  readonly allocations: Store;
}

/**
 * The store that the options name, else the Node file's, and says on stderr which one that is: a
 * command that looks into another store than the plugin does would be hard to understand.
 * @throws Failure when the Node file is not valid
 */
export function openStore(options: StoreOptions, { terminal, log }: { terminal: Terminal; log: Log }): OpenStore {
  const place = options.dataDir === undefined ? placeOfNode(options, { terminal, log }) : resolve(options.dataDir);
  const { pools, allocations } = typeof place === 'string' ? openFiles(place) : openCluster(place.kubeconfig);
  const name = typeof place === 'string' ? `files in ${place}` : `the cluster of ${place.kubeconfig}`;
  terminal.err(`store: ${printable(name)}\n`);
  return { pools: logged(pools, log), allocations };
}

/** Which Node file counts: the option, else ANTREA_NODE_CONFIG; undefined is the default one. */
export function namedNodeFile({ nodeConfig }: StoreOptions, { env }: Terminal): string | undefined {
  return nodeConfig === undefined ? env['ANTREA_NODE_CONFIG'] : resolve(nodeConfig);
}

/** A folder of the file store, or what leads to a cluster. */
function placeOfNode(
  options: StoreOptions,
  { terminal, log }: { terminal: Terminal; log: Log },
): string | { readonly kubeconfig: string } {
  const named = namedNodeFile(options, terminal);
  const { store, dataDir } = readNodeFile(files, named);
  log('debug', 'Node file read', { file: named || defaultNodeFile, dataDir });
  return store.kind === 'file' ? dataDir : store;
}

function openFiles(dataDir: string): OpenStore {
  return {
    pools: createFilePools({ dataDir, now: () => new Date() }),
    allocations: createFileStore({ dataDir }),
  };
}

function openCluster(kubeconfig: string): OpenStore {
  const client = lazyClient(() => readKubeconfig(files, kubeconfig), { deadline: deadlineIn(patience) });
  return { pools: createKubernetesPools(client), allocations: createKubernetesStore({ client }) };
}

/** Milliseconds that a person waits for a command. */
const patience = 60_000;

function logged(pools: PoolAdmin, log: Log): PoolAdmin {
  return {
    async applyPool(manifest, options) {
      const outcome = await pools.applyPool(manifest, options);
      log('info', 'pool applied', { manifest, force: options.force, outcome });
      return outcome;
    },
    async listPools() {
      const found = await pools.listPools();
      log('debug', 'pools read', { pools: found.map(({ metadata }) => metadata.name) });
      return found;
    },
    async getPool(name) {
      const pool = await pools.getPool(name);
      log('debug', 'pool read', { pool: name, usage: pool.status.usage });
      return pool;
    },
    async deletePool(name) {
      await pools.deletePool(name);
      log('info', 'pool deleted', { pool: name });
    },
  };
}
