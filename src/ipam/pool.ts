import { Failure } from '../system/failure.ts';
import type { Address, Family } from './address.ts';
import { fieldOf, isAbsent, itemsOf, malformed, textOf } from './manifest.ts';
import type { Field } from './manifest.ts';
import { readExclude, readRange, refuseOutside, refuseOverlaps } from './range.ts';
import type { Range } from './range.ts';
import { readSelector } from './selector.ts';
import type { LabelSelector } from './selector.ts';
import { readSubnet } from './subnet.ts';

/** An IPPool whose spec has been checked, whichever of the two shapes it was written in. */
export interface Pool {
  readonly name: string;
  /** Empty for a manifest that no store has taken yet, as are `generation` (0) and `deleting` (false). */
  readonly uid: string;
  /** Grows with every change of the spec. */
  readonly generation: number;
  /** Whether the pool has a deletionTimestamp: nothing more is allocated from it. */
  readonly deleting: boolean;
  readonly family: Family;
  readonly gateway: Address;
  readonly prefixLength: number;
  /** 0 is untagged. */
  readonly vlan: number;
  /** In the order of preference. */
  readonly ranges: readonly Range[];
  readonly excludes: readonly Range[];
  /** Which Namespaces may use the pool; undefined: all. Checked where Namespaces are known. */
  readonly namespaceSelector: LabelSelector | undefined;
}

export const MAX_RANGES = 1024;
const MAX_EXCLUDES = 1024;

/**
 * Reads an IPPool object: `spec.subnetInfo` (v1beta1), or `spec.ipVersion` with gateway,
 * prefixLength and vlan in each range (v1alpha2). The shape decides, not `apiVersion`: both
 * versions serve both shapes. Keys that are not known are ignored here; see `refuseUnknownPoolKeys`.
 * @throws Failure `config` naming the key, its value and what would be right
 */
export function readPool(object: unknown): Pool {
  const root = { path: '', value: object };
  const metadata = fieldOf(root, 'metadata');
  const name = checkPoolName(fieldOf(metadata, 'name'));
  const spec = fieldOf(root, 'spec');
  const rangesField = fieldOf(spec, 'ipRanges');
  const rangeFields = itemsOf(rangesField, MAX_RANGES);
  const subnet = readSubnet(spec, rangeFields);
  const ranges = rangeFields.map(readRange);
  refuseOutside(ranges, { address: subnet.gateway, length: subnet.prefixLength }, rangesField.path);
  refuseOverlaps(ranges, rangesField.path);
  const { family } = subnet.gateway;
  const excludes = readExcludes(fieldOf(spec, 'excludes'), family);
  const selector = fieldOf(spec, 'namespaceSelector');
  const namespaceSelector = isAbsent(selector) ? undefined : readSelector(selector);
  return { name, ...readIdentity(metadata), family, ...subnet, ranges, excludes, namespaceSelector };
}

/**
 * The name of a pool, from a manifest or a list of pools: a DNS-1123 subdomain as Kubernetes
 * demands, of at most 63 characters because `<pool>.<address>` names objects, and files bear it.
 * @throws Failure `config`
 */
export function checkPoolName(field: Field): string {
  const name = textOf(field, POOL_NAME);
  if (name.length > 63 || !SUBDOMAIN.test(name)) throw malformed(field, POOL_NAME);
  return name;
}

const POOL_NAME =
  'a pool name: at most 63 characters, lower-case letters, digits, "-" and ".", with a letter or digit at the ends';
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

function readIdentity(metadata: Field): Pick<Pool, 'uid' | 'generation' | 'deleting'> {
  const { value: uid } = fieldOf(metadata, 'uid');
  const { value: generation } = fieldOf(metadata, 'generation');
  return {
    uid: typeof uid === 'string' ? uid : '',
    generation: typeof generation === 'number' && Number.isSafeInteger(generation) && generation > 0 ? generation : 0,
    deleting: !isAbsent(fieldOf(metadata, 'deletionTimestamp')),
  };
}

function readExcludes(field: Field, family: Family): Range[] {
  if (isAbsent(field)) return [];
  return itemsOf(field, MAX_EXCLUDES).map((item) => {
    const exclude = readExclude(item);
    if (exclude.family === family) return exclude;
    throw new Failure(
      'config',
      `${item.path} ${exclude.text} is IPv${exclude.family}: expected IPv${family}, as the gateway is`,
    );
  });
}
