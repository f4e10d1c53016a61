import type { Allocation } from '../../ipam/store.ts';
import type { PortOwner } from '../../net/ovs/ports.ts';
import { formatAddress } from '../../ipam/address.ts';
import type { AttachmentID } from '../../system/attachment-id.ts';
import type { JournalEntry } from '../../system/journal.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import type { SandboxRecord } from '../../system/sandboxes.ts';

/** Everything that this Node has of attachments, each from its own home. */
export interface Sources {
  /** Read before the others: what is allocated is in the journal by then. */
  readonly allocations: readonly Allocation[];
  readonly entries: readonly JournalEntry[];
  readonly records: readonly SandboxRecord[];
  /** Of the ports that are ours. */
  readonly ports: readonly PortOwner[];
}

/** What there is of one sandbox. */
export interface Remains {
  readonly containerID: string;
  /** Paths of its network namespace, as it was told by each source; none when no source tells. */
  readonly netns: readonly string[];
  /** Of a Pod whose networks we attach all. */
  readonly records: readonly SandboxRecord[];
  readonly attachments: readonly Remaining[];
  /** Addresses of which neither the journal nor a port knows. */
  readonly allocations: readonly Allocation[];
}

/** One attachment, as far as it is known. */
export interface Remaining extends AttachmentID {
  readonly network: string;
  /** Whether it has, or may have, a link and a port. */
  readonly wired: boolean;
  /** The pools that its addresses may be of. */
  readonly pools: readonly string[];
  /** The network's `ipam`, where another plugin gave the addresses. */
  readonly ipam?: JsonObject;
}

/** Pure: puts together what belongs to the same sandbox. */
export function remainsOf(sources: Sources): readonly Remains[] {
  const entries = Map.groupBy(sources.entries, sandboxOf);
  const records = Map.groupBy(sources.records, sandboxOf);
  const ports = Map.groupBy(sources.ports, sandboxOf);
  const allocations = Map.groupBy(sources.allocations, ({ owner }) => sandboxOf(owner.pod));
  const ids = new Set([entries, records, ports, allocations].flatMap((one) => [...one.keys()]));
  const own = (id: string): Sources => ({
    entries: entries.get(id) ?? [],
    records: records.get(id) ?? [],
    ports: ports.get(id) ?? [],
    allocations: allocations.get(id) ?? [],
  });
  return [...ids].filter((id) => id !== '').map((id) => ofSandbox(id, own(id)));
}

function sandboxOf({ containerID }: { readonly containerID: string }): string {
  return containerID;
}

/** @param own what the sources have of it */
function ofSandbox(containerID: string, own: Sources): Remains {
  const { entries, records, allocations } = own;
  const hasEntry = (ifname: string): boolean => entries.some((entry) => entry.ifname === ifname);
  const ports = own.ports.filter(({ network, ifname }) => network !== '' && ifname !== '');
  const lonePorts = ports.filter(({ ifname }) => !hasEntry(ifname));
  const isCovered = (allocation: Allocation): boolean =>
    hasEntry(allocation.owner.pod.ifName) || lonePorts.some((port) => isOnPort(port, allocation));
  return {
    containerID,
    netns: [...new Set([...entries, ...records, ...ports].map(({ netns }) => netns))].filter((path) => path !== ''),
    records,
    attachments: [...entries.map(fromEntry), ...lonePorts.map((port) => fromPort(port, allocations))],
    allocations: allocations.filter((allocation) => !isCovered(allocation)),
  };
}

function fromEntry({ containerID, ifname, network, hostInterface, pools, ipam }: JournalEntry): Remaining {
  return { containerID, ifname, network, wired: hostInterface !== '', pools, ...(isJsonObject(ipam) && { ipam }) };
}

/** A port knows its addresses, and the store of which pools they are. */
function fromPort(port: PortOwner, allocations: readonly Allocation[]): Remaining {
  const { containerID, ifname, network } = port;
  const pools = allocations.filter((allocation) => isOnPort(port, allocation)).map(({ pool }) => pool);
  return { containerID, ifname, network, wired: true, pools: [...new Set(pools)] };
}

function isOnPort({ ifname, network, addresses }: PortOwner, { address, owner }: Allocation): boolean {
  const isSame = owner.pod.ifName === ifname && owner.network === network;
  return isSame && addresses.split(',').includes(formatAddress(address));
}
