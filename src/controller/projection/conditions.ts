import { formatAddress } from '../../ipam/address.ts';
import { adoptedCondition } from '../../ipam/kubernetes/adoption.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import type { Figures } from './tally.ts';

/** As in `status.conditions`: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

export interface PoolFacts {
  readonly figures: Figures;
  /** Names of other pools that have addresses of this one, on the same VLAN. */
  readonly overlaps: readonly string[];
  readonly generation: number;
}

/** From here on, a pool is nearly full. */
const nearlyFull = { held: 9n, of: 10n };

/** What is to be said of a pool. `now` is RFC 3339; the time of a condition that stays as it was stays, too. */
export function conditionsOf(facts: PoolFacts, before: readonly JsonObject[], now: string): readonly Condition[] {
  const adopted = before.some(({ type }) => type === adoptedCondition) ? [] : [nothingToAdopt];
  const valid = before.some(({ type }) => type === nothingWrong.type) ? [nothingWrong] : [];
  const all = [exhausted(facts), almostFull(facts), overlaps(facts), outOfRange(facts), ...valid, ...adopted];
  const { generation } = facts;
  return all.map((said) => conditionFor(said, { before, now, generation }));
}

/** What is to be said of a pool whose spec cannot be read: that alone. */
export function invalidConditions(
  { problem, generation }: { readonly problem: string; readonly generation: number },
  before: readonly JsonObject[],
  now: string,
): readonly Condition[] {
  const message = `nothing is allocated from it: ${problem}`;
  const said = { ...nothingWrong, holds: true, reason: 'SpecNotValid', message };
  return [conditionFor(said, { before, now, generation })];
}

/** `status.conditions` with ours in their places; those of others stay. */
export function mergeConditions(before: readonly JsonObject[], ours: readonly Condition[]): readonly object[] {
  const known = new Set(before.map(({ type }) => type));
  const replaced = before.map((one) => ours.find(({ type }) => type === one['type']) ?? one);
  return [...replaced, ...ours.filter(({ type }) => !known.has(type))];
}

export function conditionsIn(status: JsonObject): readonly JsonObject[] {
  const { conditions } = status;
  return Array.isArray(conditions) ? conditions.filter(isJsonObject) : [];
}

interface Said {
  readonly type: string;
  readonly holds: boolean;
  readonly reason: string;
  readonly message: string;
}

interface Moment {
  readonly before: readonly JsonObject[];
  readonly now: string;
  readonly generation: number;
}

function conditionFor({ type, holds, reason, message }: Said, { before, now, generation }: Moment): Condition {
  const status = holds ? 'True' : 'False';
  const was = before.find((one) => one['type'] === type);
  const since = was?.['status'] === status ? was['lastTransitionTime'] : undefined;
  const lastTransitionTime = typeof since === 'string' ? since : now;
  return { type, status, reason, message, observedGeneration: generation, lastTransitionTime };
}

/** Only of a pool that has had a spec that was not valid. */
const nothingWrong: Said = { type: 'Invalid', holds: false, reason: 'SpecValid', message: 'the spec is valid' };

/** From now on, what stands in `status.ipAddresses` is ours. */
const nothingToAdopt: Said = {
  type: adoptedCondition,
  holds: true,
  reason: 'NothingToAdopt',
  message: 'no address of another controller was found',
};

function exhausted({ figures: { total, free } }: PoolFacts): Said {
  const type = 'Exhausted';
  if (total === 0n)
    return { type, holds: true, reason: 'NoAddresses', message: 'the ranges have no address that a Pod can have' };
  return free === 0n
    ? { type, holds: true, reason: 'AllHeld', message: `all ${total} addresses are held: add a range, or end Pods` }
    : { type, holds: false, reason: 'SomeFree', message: 'some addresses are free' };
}

function almostFull({ figures: { total, free } }: PoolFacts): Said {
  const type = 'NearlyFull';
  return total > 0n && (total - free) * nearlyFull.of >= total * nearlyFull.held
    ? { type, holds: true, reason: 'FewFree', message: '90 % or more of the addresses are held: add a range soon' }
    : { type, holds: false, reason: 'EnoughFree', message: 'less than 90 % of the addresses are held' };
}

function overlaps({ overlaps: others }: PoolFacts): Said {
  const type = 'Overlaps';
  if (others.length === 0)
    return { type, holds: false, reason: 'NoneShared', message: 'no other pool has addresses of this one on its VLAN' };
  const message = `an address could be given twice: on the same VLAN, ${named(others)} has addresses of this pool too`;
  return { type, holds: true, reason: 'AddressesShared', message };
}

function outOfRange({ figures: { outside } }: PoolFacts): Said {
  const type = 'OutOfRange';
  if (outside.count === 0)
    return { type, holds: false, reason: 'AllInside', message: 'every address that is held lies in a range' };
  const examples = outside.lowest.map(formatAddress).join(', ');
  const message = `${outside.count} of the addresses that are held lie in no range of the pool: ${examples}${outside.count > outside.lowest.length ? ', …' : ''}`;
  return { type, holds: true, reason: 'SomeOutside', message };
}

function named(others: readonly string[]): string {
  const shown = others.slice(0, 5);
  const more = others.length - shown.length;
  return `${shown.length === 1 ? 'pool' : 'each of the pools'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
