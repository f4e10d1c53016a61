import type { ResultDNS, ResultIP, ResultRoute } from '../cni/result.ts';
import type { JournalEntry } from '../system/journal.ts';
import type { Context } from './context.ts';
import { delegatedIpam } from './delegated-ipam.ts';
import { embeddedIpam } from './embedded-ipam.ts';

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
  const { ipamType } = context.call.config;
  if (ipamType === context.ownType) return embeddedIpam(context);
  const other = ipamType === '' ? noIpam : delegatedIpam(context);
  return { ...other, del: (remembered) => (hasOurs(remembered) ? embeddedIpam(context) : other).del(remembered) };
}

/** Most runtimes call DEL with the configuration of now, which may name another IPAM than that of the ADD. */
function hasOurs({ entry }: Remembered): boolean {
  return entry !== undefined && (entry.pools.length > 0 || entry.addresses.length > 0);
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
