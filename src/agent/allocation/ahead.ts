import type { BegunRecords } from '../../agent-protocol/begun.ts';
import { formatAddress, type Address } from '../../ipam/address.ts';
import { attemptName, type Wish } from '../../ipam/kubernetes/create.ts';
import type { Pool } from '../../ipam/pool.ts';
import type { CreateOutcome, Owner } from '../../ipam/store.ts';
import type { AttachmentID } from '../../system/attachment-id.ts';
import type { JsonObject } from '../../system/json-object.ts';
import type { AnnouncedWish } from './announced.ts';
import type { KnowingStore } from './store.ts';

/** An address that is being created for a call before the plugin has asked for it. */
export interface BegunCreate {
  readonly pool: Pool;
  /** The pool as the API server has it. */
  readonly object: JsonObject;
  readonly offers: AsyncGenerator<Address, void>;
  readonly address: Address;
  readonly owner: Owner;
  readonly attempt: string;
  readonly outcome: Promise<CreateOutcome>;
}

/**
 * Creates for calls that were announced. What the plugin does not ask for, it takes back itself, by the record: the
 * agent cannot know whether it has gone to the API server, and found its own attempt there.
 */
export interface Ahead {
  /**
   * @param isWanted asked last of all: what the plugin does not wait for any more is not begun
   * @returns by the names of the pools; none of a pool that is not known or has no free address. Never rejects
   */
  readonly begin: (wish: AnnouncedWish, isWanted: () => boolean) => Promise<Map<string, BegunCreate>>;
  /** The plugin has asked for it: from now on its journal tells of it. */
  readonly handOver: (begun: BegunCreate) => Promise<CreateOutcome>;
  /**
   * As of the store. One that is under way by the same attempt is waited for, not sent again: the second could be done,
   * and its address be released, before the first is done.
   */
  readonly create: (wish: AttemptedWish) => Promise<CreateOutcome>;
}

type AttemptedWish = Wish & Required<Pick<Wish, 'attempt'>>;

export interface AheadOptions {
  readonly store: Pick<KnowingStore, 'readPool' | 'candidates' | 'create'>;
  readonly records: BegunRecords;
  /** 0 to 1. */
  readonly chance?: () => number;
}

export function createAhead({ store, records, chance = Math.random }: AheadOptions): Ahead {
  const create = onceAtATime(store.create);
  const isRecorded = ({ pool, address, owner, attempt }: AttemptedWish): boolean => {
    try {
      records.write(idOf(owner), { pool: pool.name, address: formatAddress(address), attempt });
      return true;
    } catch {
      // The plugin, which cannot write its journal either, says why.
      return false;
    }
  };
  const begin = async (name: string, owner: Owner, isWanted: () => boolean): Promise<BegunCreate | undefined> => {
    // Of a call that was killed: it is taken back when this one, which shall find it on record, has ended.
    if (records.of(idOf(owner)).some((one) => one.pool === name)) return undefined;
    const { pool, object } = await store.readPool(name);
    const offers = store.candidates(pool);
    const { value: address } = await offers.next();
    if (address === undefined) return undefined;
    const wish = { pool, address, owner, attempt: attemptName(chance) };
    if (isWanted() && isRecorded(wish)) return { ...wish, object, offers, outcome: create(wish) };
    await offers.return();
    return undefined;
  };
  return {
    begin: async ({ pools, owner }, isWanted) => {
      const all = await Promise.allSettled(pools.map((name) => begin(name, owner, isWanted)));
      const begun = all.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []));
      return new Map(begun.map((one) => [one.pool.name, one]));
    },
    handOver: async ({ pool, owner, outcome }) => {
      records.remove(idOf(owner), pool.name);
      return outcome;
    },
    create,
  };
}

type Create = Ahead['create'];

/** What is asked for by the attempt of one that is under way, is that one. */
function onceAtATime(create: Create): Create {
  const underWay = new Map<string, Promise<CreateOutcome>>();
  return (wish) => {
    const known = underWay.get(wish.attempt);
    if (known !== undefined) return known;
    const outcome = create(wish);
    underWay.set(wish.attempt, outcome);
    const forget = (): void => void underWay.delete(wish.attempt);
    // Whoever asks for it is told.
    outcome.then(forget, forget);
    return outcome;
  };
}

function idOf({ pod: { containerID, ifName: ifname } }: Owner): AttachmentID {
  return { containerID, ifname };
}
