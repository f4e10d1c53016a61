import { resolve } from 'node:path';
import { defaultNodeFile, readNodeFile } from '../config/node-file.ts';
import { createFilePools } from '../ipam/file/pools.ts';
import { createFileStore } from '../ipam/file/store.ts';
import type { PoolAdmin } from '../ipam/pool-admin.ts';
import type { Store } from '../ipam/store.ts';
import { files } from '../system/files.ts';
import type { Log } from '../system/log.ts';
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
  const dataDir = options.dataDir === undefined ? dataDirOfNode(options, { terminal, log }) : resolve(options.dataDir);
  terminal.err(`store: files in ${printable(dataDir)}\n`);
  return {
    pools: logged(createFilePools({ dataDir, now: () => new Date() }), log),
    allocations: createFileStore({ dataDir }),
  };
}

/** Which Node file counts: the option, else ANTREA_NODE_CONFIG; undefined is the default one. */
export function namedNodeFile({ nodeConfig }: StoreOptions, { env }: Terminal): string | undefined {
  return nodeConfig === undefined ? env['ANTREA_NODE_CONFIG'] : resolve(nodeConfig);
}

function dataDirOfNode(options: StoreOptions, { terminal, log }: { terminal: Terminal; log: Log }): string {
  const named = namedNodeFile(options, terminal);
  const { dataDir } = readNodeFile(files, named);
  log('debug', 'Node file read', { file: named || defaultNodeFile, dataDir });
  return dataDir;
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
