import type { ResultIP } from '../cni/result.ts';
import { formatAddress, parseAddress } from '../ipam/address.ts';
import { allocate, type AllocateResult } from '../ipam/allocator.ts';
import { ownerOf, sameOwner } from '../ipam/owner.ts';
import type { AssignedAddress } from '../ipam/plan.ts';
import { parsePrefix } from '../ipam/prefix.ts';
import { releaseAll, releaseFound, releaseHeld } from '../ipam/release.ts';
import { commonVLAN, type HeldAddress } from '../ipam/request.ts';
import type { Allocation, Owner, OwnerFilter } from '../ipam/store.ts';
import { Failure } from '../system/failure.ts';
import type { HeldEntry, JournalEntry } from '../system/journal.ts';
import { tryAll } from '../system/try-all.ts';
import { takeBackBegun } from './begun.ts';
import type { Context } from './context.ts';
import { namedPools, readIpamSection, type IpamSection } from './ipam-section.ts';
import type { Assignment, IpamSource, Remembered } from './ipam-source.ts';
import { distinctRoutes } from './routes.ts';

/** IPAM of our own, from pools of the store. */
export function embeddedIpam(context: Context): IpamSource {
  const { store, call, log } = context;
  const owner = ownerOf(call, context.settings.nodeName);
  let created: readonly Allocation[] = [];
  let read: IpamSection | undefined;
  const section = (): IpamSection => (read ??= readIpamSection(call));
  return {
    pools: namedPools(call),
    held: (earlier) => heldEarlier(context, owner, earlier),
    refuse: () => void section(),
    add: async (known) => {
      const { ippools: pools, addresses, requested, routes, dns, foreign } = section();
      if (foreign.length > 0) log('warn', "keys of another plugin's IPAM have no effect", { keys: foreign });
      const unconfirmed: Promise<void>[] = [];
      const result = await allocate({
        store,
        owner,
        pools,
        addresses,
        requested,
        known: held(known),
        vlanMatters: isMainPlugin(context),
        onUnconfirmed: (confirmed) => unconfirmed.push(confirmed),
      });
      created = result.created;
      return { ...given(result, routes), dns, held: united(known, heldBy(result)), unconfirmed };
    },
    undo: async () => void (await releaseAll(store, created)),
    del: (remembered) => del(context, owner, remembered),
    check: (addresses) => check(context, owner, addresses),
    vlan: async () => commonVLAN(await Promise.all(section().ippools.map((name) => store.readPool(name)))),
    status: async () => void (await Promise.all(section().ippools.map((name) => store.readPool(name)))),
    gc: async () => {},
  };
}

function isMainPlugin({ call, ownType }: Context): boolean {
  return call.config.type === ownType;
}

function given({ ips: assigned, vlan }: AllocateResult, routes: Assignment['routes']): Given {
  const ips = assigned.map(resultIP);
  return { ips, routes: distinctRoutes(routes, ips), vlan };
}

type Given = Pick<Assignment, 'ips' | 'routes' | 'vlan'>;

function resultIP({ address, prefixLength, gateway }: AssignedAddress): ResultIP {
  return {
    address: `${formatAddress(address)}/${prefixLength}`,
    ...(gateway !== undefined && { gateway: formatAddress(gateway) }),
  };
}

function heldBy({ allocations }: AllocateResult): Assignment['held'] {
  return allocations.map(({ pool, address, version }) => ({ pool, address: formatAddress(address), version }));
}

function united(known: Assignment['held'], now: Assignment['held']): Assignment['held'] {
  const renewed = known.map((one) => now.find((other) => isSame(one, other)) ?? one);
  return [...renewed, ...now.filter((one) => !known.some((other) => isSame(one, other)))];
}

function isSame(a: HeldEntry, b: HeldEntry): boolean {
  return a.pool === b.pool && a.address === b.address;
}

/** The journal of an ADD that was killed does not know yet what was taken: the pools are searched. */
async function heldEarlier({ store }: Context, owner: Owner, earlier: JournalEntry): Promise<Assignment['held']> {
  if (earlier.confirmed) return earlier.addresses;
  const found: Assignment['held'][number][] = [];
  for (const pool of earlier.pools) {
    for await (const { address } of store.find(filterFor(owner), pool))
      found.push({ pool, address: formatAddress(address) });
  }
  return found;
}

function filterFor({ network, pod }: Owner): OwnerFilter {
  return { network, containerID: pod.containerID, ifName: pod.ifName };
}

function held(addresses: JournalEntry['addresses']): readonly HeldAddress[] {
  return addresses.flatMap(({ pool, address: text, version = '' }) => {
    const address = parseAddress(text);
    // It becomes part of a path, in the file store.
    const isVersion = /^[\w-]{1,100}(?:\/\d{1,20})?$/.test(version);
    return address === undefined ? [] : [{ pool, address, version: isVersion ? version : undefined }];
  });
}

/**
 * By name where the journal, the port or prevResult knows the names. The pools are searched only after a crash within ADD,
 * or if the journal's entry is damaged.
 */
async function del(context: Context, owner: Owner, { entry, addresses }: Remembered): Promise<void> {
  const { store, call, journal } = context;
  await takeBackBegun(context);
  if (entry?.confirmed === false || journal.isDamaged(call.request)) {
    const pools = entry?.pools ?? namedPools(call);
    // Of an earlier ADD, when the network named other pools.
    const elsewhere = entry?.addresses.filter(({ pool }) => !pools.includes(pool)) ?? [];
    return tryAll([
      async () => void (await releaseFound({ store, filter: filterFor(owner), pools })),
      async () => void (await releaseHeld({ store, owner, held: held(elsewhere) })),
    ]);
  }
  const guesses = namedPools(call).flatMap((pool) => addresses.map((address) => ({ pool, address })));
  await releaseHeld({ store, owner, held: held(entry?.addresses ?? guesses) });
}

/** @throws Failure `check` when an address of a pool is not held by this attachment */
async function check({ store, call }: Context, owner: Owner, reported: readonly string[]): Promise<void> {
  const { ippools, addresses } = readIpamSection(call);
  const missing: string[] = [];
  for (const text of reported) {
    const address = parsePrefix(text)?.address;
    if (address === undefined) continue;
    const found = await Promise.all(ippools.map((pool) => store.get(pool, address)));
    const isStatic = addresses.some((item) => formatAddress(item.address) === formatAddress(address));
    const isOurs = found.some((allocation) => allocation !== undefined && sameOwner(allocation.owner, owner));
    if (!isOurs && (!isStatic || found.some((allocation) => allocation !== undefined))) missing.push(text);
  }
  if (missing.length === 0) return;
  throw new Failure(
    'check',
    `${missing.join(', ')} is not allocated to ${owner.pod.ifName} of container ${owner.pod.containerID} in ${ippools.join(', ') || 'any pool'}`,
  );
}
