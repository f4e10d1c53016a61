import { withPath } from '../ipam/file/files.ts';
import { storedNames } from '../ipam/file/pool-file.ts';
import { createFilePools } from '../ipam/file/pools.ts';
import { createFileStore } from '../ipam/file/store.ts';
import { createKubernetesPools } from '../ipam/kubernetes/pools.ts';
import { createKubernetesStore } from '../ipam/kubernetes/store.ts';
import type { PoolAdmin } from '../ipam/pool-admin.ts';
import type { Store } from '../ipam/store.ts';
import { createClient, lazyClient, type KubeClient } from '../kube/client.ts';
import { readKubeconfig } from '../kube/kubeconfig.ts';
import type { Log } from '../system/log.ts';
import { deadlineIn } from '../system/time.ts';
import { advised } from './cluster-advice.ts';
import { readUserKubeconfig } from './kubeconfig/read.ts';
import { runProgram } from './kubeconfig/run-program.ts';
import { printable } from './output/printable.ts';
import { regularFiles } from './regular-files.ts';
import { choosePlace, type Place, type StoreOptions } from './store-choice.ts';
import type { Terminal } from './terminal.ts';
import { announced } from './waiting.ts';

export interface OpenStore {
  readonly pools: PoolAdmin;
  /** Of files, whose pools are read one by one; undefined: a cluster gives them in one answer. */
  readonly poolNames: (() => readonly string[]) | undefined;
  readonly allocations: Store;
  /** undefined: files of this Node. */
  readonly cluster: Cluster | undefined;
}

export interface Cluster {
  readonly client: KubeClient;
  /** The one that the kubeconfig's context names, else `default`. */
  readonly namespace: string;
}

/**
 * The store that the command is about (see choosePlace), and says on stderr which one that is: a command that looks
 * into another store than the plugin does would be hard to understand.
 * @throws Failure when the Node file, or a person's kubeconfig, is not valid
 */
export async function openStore(
  options: StoreOptions,
  { terminal, log }: { readonly terminal: Terminal; readonly log: Log },
): Promise<OpenStore> {
  const place = choosePlace(options, { files: regularFiles, env: terminal.env });
  if (place.kind !== 'user' && place.nodeFile !== undefined) log('debug', 'Node file read', factsOf(place));
  const opened = place.kind === 'files' ? openFiles(place.dataDir) : await openCluster(place, terminal);
  terminal.err(`store: ${printable(opened.name)}\n`);
  return { ...opened, pools: logged(opened.pools, log), poolNames: opened.poolNames && listing(opened.poolNames, log) };
}

function factsOf(place: Exclude<Place, { kind: 'user' }>): Record<string, unknown> {
  const { nodeFile: file } = place;
  return place.kind === 'files' ? { file, dataDir: place.dataDir } : { file, kubeconfig: place.kubeconfig };
}

interface Named extends OpenStore {
  readonly name: string;
}

function openFiles(dataDir: string): Named {
  return {
    name: `files in ${dataDir}`,
    pools: createFilePools({ dataDir, now: () => new Date() }),
    poolNames: () => withPath(dataDir, () => storedNames(dataDir)),
    allocations: createFileStore({ dataDir }),
    cluster: undefined,
  };
}

/** Milliseconds for a whole command, and for a request: a person does not wait as long as a container runtime does. */
const patience = 60_000;
const limits = { attempt: 5000, total: 5000 };

async function openCluster(place: Exclude<Place, { kind: 'files' }>, terminal: Terminal): Promise<Named> {
  const announcedTo = (client: KubeClient): KubeClient => announced(client, { terminal, limit: limits.total });
  const deadline = deadlineIn(patience);
  if (place.kind === 'node') {
    const client = lazyClient(() => readKubeconfig(regularFiles, place.kubeconfig), { deadline, limits });
    return { name: `the cluster of ${place.kubeconfig}`, ...storesOf(announcedTo(client), 'default') };
  }
  const { kubeconfigs: paths, context } = place;
  const kubeconfig = await readUserKubeconfig({ files: regularFiles, paths, context, run: runProgram });
  const client = createClient({ access: kubeconfig.access, deadline: deadlineIn(patience), limits });
  return {
    name: `the cluster of ${paths.join(':')}, context ${kubeconfig.context}`,
    ...storesOf(announcedTo(client), kubeconfig.namespace),
  };
}

function storesOf(plain: KubeClient, namespace: string): OpenStore {
  const client = advised(plain);
  return {
    pools: createKubernetesPools(client),
    poolNames: undefined,
    allocations: createKubernetesStore({ client }),
    cluster: { client, namespace },
  };
}

function listing(poolNames: () => readonly string[], log: Log): () => readonly string[] {
  return () => {
    const pools = poolNames();
    log('debug', 'pools listed', { pools });
    return pools;
  };
}

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
