import { mkdirSync, writeFileSync } from 'node:fs';
import type { Address } from '../src/ipam/address.ts';
import { encodeAllocation } from '../src/ipam/file/allocation-file.ts';
import { addressDir, poolAllocationsDir } from '../src/ipam/file/paths.ts';
import { readPoolFile } from '../src/ipam/file/pool-file.ts';
import { createFilePools } from '../src/ipam/file/pools.ts';
import type { Stage } from './stage.ts';

/** Makes a pool of 10.<second>.0.0/16 on VLAN 100 in the Node's store. */
export async function makePool(stage: Stage, name: string, second: number): Promise<void> {
  const manifest = {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPPool',
    metadata: { name },
    spec: {
      ipRanges: [{ cidr: `10.${second}.0.0/16` }],
      subnetInfo: { gateway: `10.${second}.0.1`, prefixLength: 16, vlan: 100 },
    },
  };
  const pools = createFilePools({ dataDir: stage.node.dataDir, now: () => new Date() });
  await pools.applyPool(manifest, { force: false });
}

/** Puts allocations of a Pod that does not exist straight into the store's folder: as `ADD` would, without its time. */
export function fillPool(stage: Stage, options: { pool: string; second: number; hosts: Iterable<number> }): void {
  const { pool, second, hosts } = options;
  const { dataDir } = stage.node;
  const stored = readPoolFile(dataDir, pool);
  if (stored === undefined) throw new Error(`pool ${pool} is not in ${dataDir}: expected what "ippool apply" has made`);
  const pod = { namespace: 'bench', name: 'filler', uid: '', containerID: 'filler', ifName: 'eth0', node: '' };
  const text = encodeAllocation(stored.uid, { network: 'filler', pod });
  const dir = poolAllocationsDir(dataDir, pool);
  for (const host of hosts) {
    const address: Address = { family: 4, value: BigInt((10 << 24) + (second << 16) + host) };
    const claim = addressDir(dir, address);
    mkdirSync(claim, { recursive: true, mode: 0o700 });
    writeFileSync(`${claim}/filler-${host}.json`, text, { mode: 0o600 });
  }
}
