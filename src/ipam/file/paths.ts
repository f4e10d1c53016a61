import type { Address } from '../address.ts';

/**
 * Where the file store keeps what, below `dataDir`; directories have mode 0700, files 0600.
 *
 *     pools/<name>.json                            an IPPool and its identity
 *     allocations/<pool>/<block>/<byte>/<id>.json  who holds an address: its directory is the claim
 *     full/<pool>/<uid>.<generation>/…             hints: which blocks have nothing free (markers.ts)
 *     tmp/ipam-<pid>-…                             what is being prepared
 *     pools.lock/                                  who is changing pools
 *
 * A block is the address without its last byte, in hexadecimal: 256 addresses are one directory.
 */
export function poolsDir(dataDir: string): string {
  return `${dataDir}/pools`;
}

export function poolFile(dataDir: string, name: string): string {
  return `${poolsDir(dataDir)}/${name}.json`;
}

export function allocationsDir(dataDir: string): string {
  return `${dataDir}/allocations`;
}

export function poolAllocationsDir(dataDir: string, pool: string): string {
  return `${allocationsDir(dataDir)}/${pool}`;
}

export function blockDir(poolDir: string, address: Address): string {
  const digits = address.family === 4 ? 6 : 30;
  return `${poolDir}/${(address.value >> 8n).toString(16).padStart(digits, '0')}`;
}

/** The last byte of an address as the name of its claim. */
export function byteName(value: bigint): string {
  return Number(value & 0xffn)
    .toString(16)
    .padStart(2, '0');
}

export function addressDir(poolDir: string, address: Address): string {
  return `${blockDir(poolDir, address)}/${byteName(address.value)}`;
}

/** The inverse of `addressDir`; undefined for a name that is not of this store's making. */
export function addressOf(block: string, byte: string): Address | undefined {
  if (!/^(?:[0-9a-f]{6}|[0-9a-f]{30})$/.test(block) || !/^[0-9a-f]{2}$/.test(byte)) return undefined;
  return { family: block.length === 6 ? 4 : 6, value: BigInt(`0x${block}${byte}`) };
}

export function fullDir(dataDir: string, pool: string): string {
  return `${dataDir}/full/${pool}`;
}

export function tmpDir(dataDir: string): string {
  return `${dataDir}/tmp`;
}

export function lockDir(dataDir: string): string {
  return `${dataDir}/pools.lock`;
}
