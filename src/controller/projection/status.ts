import { formatAddress } from '../../ipam/address.ts';
import { saturated } from '../../ipam/allocatable.ts';
import { allocationName } from '../../ipam/kubernetes/paths.ts';
import type { Allocation } from '../../ipam/store.ts';
import { canonicalJson } from '../../system/canonical-json.ts';
import type { JsonObject } from '../../system/json-object.ts';
import type { Allocations } from '../allocations.ts';
import { conditionsIn, conditionsOf, mergeConditions, type Condition } from './conditions.ts';
import type { Tally } from './tally.ts';

export interface Wanted {
  readonly tally: Tally;
  readonly overlaps: readonly string[];
  /** As it is in the cluster. */
  readonly status: JsonObject;
  /** RFC 3339. */
  readonly now: string;
}

/** What `status` is to be, `ipAddresses` aside. */
export interface Projection {
  readonly usage: { readonly used: number; readonly total: number };
  readonly free: readonly string[];
  readonly conditions: readonly Condition[];
}

export function project({ tally, overlaps, status, now }: Wanted): Projection {
  const figures = tally.figures();
  const { generation } = tally.pool;
  return {
    usage: { used: figures.used, total: saturated(figures.total) },
    free: figures.lowestFree.map(({ first, last }) => textOf(tally, { first, last })),
    conditions: conditionsOf({ figures, overlaps, generation }, conditionsIn(status), now),
  };
}

/** What has to be written of it; undefined: nothing. */
export function difference(status: JsonObject, { usage, free, conditions }: Projection): JsonObject | undefined {
  const merged = mergeConditions(conditionsIn(status), conditions);
  const wanted: JsonObject = { usage, free, conditions: merged };
  const changed = Object.entries(wanted).filter(([key, value]) => !sameJson(status[key], value));
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** How many of the addresses `status.ipAddresses` shows: for tools that look there, not for the truth. */
const maxAddresses = 100;

export function addressesOf(tally: Tally, allocations: Allocations): readonly object[] {
  return tally
    .lowestHeld(maxAddresses)
    .map((address) => allocations.get(allocationName(tally.pool.name, address)))
    .filter((allocation) => allocation !== undefined)
    .map(entryOf);
}

export function sameAddresses(status: JsonObject, wanted: readonly object[]): boolean {
  return sameJson(status['ipAddresses'] ?? [], wanted);
}

function textOf({ pool }: Tally, { first, last }: { readonly first: bigint; readonly last: bigint }): string {
  const lowest = formatAddress({ family: pool.family, value: first });
  return first === last ? lowest : `${lowest}-${formatAddress({ family: pool.family, value: last })}`;
}

function entryOf({ address, phase, owner }: Allocation): object {
  const { name, namespace, containerID, ifName } = owner.pod;
  const known = Object.entries({ name, namespace, containerID, ifName }).filter(([, value]) => value !== '');
  return { ipAddress: formatAddress(address), phase, owner: { pod: Object.fromEntries(known) } };
}

/** Whether both are the same, whatever the order of their keys. */
export function sameJson(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
