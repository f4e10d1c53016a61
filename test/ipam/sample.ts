import { formatAddress, parseAddress } from '../../src/ipam/address.ts';
import type { Address } from '../../src/ipam/address.ts';
import type { Owner } from '../../src/ipam/store.ts';

/** What tests of pools, stores and the allocator are written with. */

export interface SampleRange {
  readonly cidr?: string;
  readonly start?: string;
  readonly end?: string;
}

export interface SamplePool {
  readonly name?: string;
  /** `a-b` or a CIDR each. */
  readonly ranges: readonly string[];
  readonly gateway?: string;
  readonly prefixLength?: number;
  readonly vlan?: number;
  readonly excludes?: readonly string[];
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

export function texts(addresses: Iterable<Address>): string[] {
  return Array.from(addresses, formatAddress);
}

export function rangesOf(ranges: readonly string[]): SampleRange[] {
  return ranges.map((range) => {
    const [start = '', end] = range.split('-');
    return end === undefined ? { cidr: range } : { start, end };
  });
}

/** A v1beta1 manifest. */
export function manifest(pool: SamplePool): Record<string, unknown> {
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPPool',
    metadata: { name: pool.name ?? 'sample' },
    spec: {
      ipRanges: rangesOf(pool.ranges),
      subnetInfo: {
        gateway: pool.gateway ?? '192.168.0.1',
        prefixLength: pool.prefixLength ?? 24,
        ...(pool.vlan === undefined ? {} : { vlan: pool.vlan }),
      },
      ...(pool.excludes === undefined ? {} : { excludes: pool.excludes }),
    },
  };
}

export function owner(containerID: string, ifName = 'net1', network = 'vlan100'): Owner {
  return {
    network,
    pod: {
      namespace: 'default',
      name: `pod-${containerID}`,
      uid: `uid-${containerID}`,
      containerID,
      ifName,
      node: 'node-1',
    },
  };
}
