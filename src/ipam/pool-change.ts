import { Failure } from '../system/failure.ts';
import { formatAddress, sameAddress } from './address.ts';
import { poolIntervals } from './allocatable.ts';
import { intersects } from './interval.ts';
import { refuseUnknownKeys, fieldOf, itemsOf, malformed } from './manifest.ts';
import { MAX_RANGES } from './pool.ts';
import type { Pool } from './pool.ts';

/**
 * Whether a pool may become another one of the same name: ranges are added, never removed, resized
 * or respelled; gateway and prefixLength stay; the VLAN stays while addresses are held, because
 * running Pods would be left on the old one. `excludes` and the order of ranges may change.
 * @throws Failure `refused`
 */
export function validatePoolUpdate(change: { readonly from: Pool; readonly to: Pool; readonly inUse: boolean }): void {
  const { from, to, inUse } = change;
  if (!sameAddress(from.gateway, to.gateway)) {
    throw immutable(from, 'gateway', [formatAddress(from.gateway), formatAddress(to.gateway)]);
  }
  if (from.prefixLength !== to.prefixLength) {
    throw immutable(from, 'prefixLength', [String(from.prefixLength), String(to.prefixLength)]);
  }
  const kept = new Set(to.ranges.map(({ text }) => text));
  if (!from.ranges.every(({ text }) => kept.has(text))) {
    const existing = from.ranges.map(({ text }) => text).toSorted();
    throw new Failure(
      'refused',
      `spec.ipRanges of pool ${from.name}: existing ranges [${existing.join(', ')}] cannot be updated or deleted: expected all of them as they are, and new ones added`,
    );
  }
  if (inUse && from.vlan !== to.vlan) {
    throw new Failure(
      'refused',
      `vlan of pool ${from.name} would change from ${from.vlan} to ${to.vlan} while addresses of it are held: expected ${from.vlan} until they are released`,
    );
  }
}

/** Whether both pools can hand out the same address on the same VLAN. */
export function poolsOverlap(a: Pool, b: Pool): boolean {
  if (a.family !== b.family || a.vlan !== b.vlan) return false;
  const others = poolIntervals(b);
  return poolIntervals(a).some((interval) => others.some((other) => intersects(interval, other)));
}

/**
 * For manifests that people write: kind and apiVersion are ours, and every key of the spec is one
 * that means something. `status` and the rest of `metadata` are as Kubernetes gives them.
 * @throws Failure `config`
 */
export function refuseUnknownPoolKeys(object: unknown): void {
  const root = { path: '', value: object };
  const kind = fieldOf(root, 'kind');
  if (kind.value !== 'IPPool') throw malformed(kind, '"IPPool"');
  const apiVersion = fieldOf(root, 'apiVersion');
  if (apiVersion.value !== 'crd.antrea.io/v1alpha2' && apiVersion.value !== 'crd.antrea.io/v1beta1') {
    throw malformed(apiVersion, '"crd.antrea.io/v1beta1" or "crd.antrea.io/v1alpha2"');
  }
  refuseUnknownKeys(root, ['apiVersion', 'kind', 'metadata', 'spec', 'status']);
  const spec = fieldOf(root, 'spec');
  refuseUnknownKeys(spec, ['ipVersion', 'ipRanges', 'subnetInfo', 'excludes', 'namespaceSelector']);
  const subnetInfo = fieldOf(spec, 'subnetInfo');
  if (subnetInfo.value !== undefined && subnetInfo.value !== null)
    refuseUnknownKeys(subnetInfo, ['gateway', 'prefixLength', 'vlan']);
  for (const range of itemsOf(fieldOf(spec, 'ipRanges'), MAX_RANGES)) {
    refuseUnknownKeys(range, ['cidr', 'start', 'end', 'gateway', 'prefixLength', 'vlan']);
  }
}

function immutable(pool: Pool, key: string, [was, wanted]: readonly [string, string]): Failure {
  return new Failure(
    'refused',
    `${key} of pool ${pool.name} is immutable: it is ${was}, and ${wanted} was asked for; expected ${was}, or a new pool`,
  );
}
