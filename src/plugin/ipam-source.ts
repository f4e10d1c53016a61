import type { ResultDNS, ResultIP, ResultRoute } from '../cni/result.ts';
import type { JournalEntry } from '../system/journal.ts';
import { isJsonObject } from '../system/json-object.ts';
import { tryAll } from '../system/try-all.ts';
import type { Context } from './context.ts';
import { delegatedIpam } from './delegated-ipam.ts';
import { embeddedIpam } from './embedded-ipam.ts';
import { keptIpam } from './kept-ipam.ts';

/** What IPAM has given to one attachment. */
export interface Assignment {
  /** `interface` is not set. */
  readonly ips: readonly ResultIP[];
  readonly routes: readonly ResultRoute[];
  readonly dns: ResultDNS;
  /** VLAN of the pools; undefined when they have none. */
  readonly vlan: number | undefined;
  /** What the journal records: all that is held, that of an earlier ADD too. */
  readonly held: JournalEntry['addresses'];
  /** To be waited for before the ADD succeeds: each rejects when an address does not count. */
  readonly unconfirmed?: readonly Promise<void>[];
}

/** Where the addresses of an attachment come from. */
export interface IpamSource {
  /** The pools of ours that it takes from; none for another plugin's IPAM. */
  readonly pools: readonly string[];
  /** What an earlier ADD of this attachment holds, also one that was killed. */
  held(earlier: JournalEntry): Promise<JournalEntry['addresses']>;
  /** Refuses what add() could not do, before anything is done. @throws Failure */
  refuse(): void;
  /** @param known as held() says */
  add(known: JournalEntry['addresses']): Promise<Assignment>;
  /** Takes back what add() has newly taken. */
  undo(): Promise<void>;
  del(remembered: Remembered): Promise<void>;
  /** @param addresses with prefix length: what ADD reported */
  check(addresses: readonly string[]): Promise<void>;
  /** VLAN of the pools, as add() would answer it. */
  vlan(): Promise<number | undefined>;
  status(): Promise<void>;
  gc(): Promise<void>;
}

/** What is still known of an attachment that goes away. */
export interface Remembered {
  readonly entry: JournalEntry | undefined;
  /** Addresses, without prefix length, that the port or prevResult names; for when there is no entry. */
  readonly addresses: readonly string[];
}

export function ipamSource(context: Context): IpamSource {
  const source = sourceOf(context);
  return {
    ...source,
    del: (remembered) => {
      const { entry } = remembered;
      const sources = entry === undefined ? [source] : notedSources(context, entry);
      return tryAll(sources.map((one) => () => one.del(remembered)));
    },
  };
}

/** By the configuration of now. */
function sourceOf(context: Context): IpamSource {
  const { ipamType } = context.call.config;
  const own = embeddedIpam(context);
  if (ipamType === context.ownType) return own;
  const other = ipamType === '' ? noIpam : delegatedIpam(context);
  return {
    ...other,
    // What an earlier ADD took from pools of ours stays known, for DEL.
    held: (earlier) => own.held(earlier),
    add: async (known) => ({ ...(await other.add(known)), held: known }),
  };
}

/**
 * Whose addresses the journal tells of. Most runtimes call DEL, and all of them GC, with the configuration of now, which
 * may name another IPAM than that of the ADD, or none, or one where that had none.
 */
export function notedSources(context: Context, entry: JournalEntry): readonly Pick<IpamSource, 'del'>[] {
  const { ipam: kept } = entry;
  return [...(isJsonObject(kept) ? [keptIpam(context, kept)] : []), ...(hasOurs(entry) ? [embeddedIpam(context)] : [])];
}

const noIpam: IpamSource = {
  pools: [],
  held: async () => [],
  refuse: () => {},
  add: async () => ({ ips: [], routes: [], dns: {}, vlan: undefined, held: [] }),
  undo: async () => {},
  del: async () => {},
  check: async () => {},
  vlan: async () => undefined,
  status: async () => {},
  gc: async () => {},
};

/** Whether addresses of our own pools may be held. */
export function hasOurs({ pools, addresses }: Pick<JournalEntry, 'pools' | 'addresses'>): boolean {
  return pools.length > 0 || addresses.length > 0;
}
