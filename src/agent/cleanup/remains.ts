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
  const ids = [
    ...sources.entries.map(({ containerID }) => containerID),
    ...sources.records.map(({ containerID }) => containerID),
    ...sources.ports.map(({ containerID }) => containerID),
    ...sources.allocations.map(({ owner }) => owner.pod.containerID),
  ];
  return [...new Set(ids)].filter((id) => id !== '').map((id) => ofSandbox(id, sources));
}

function ofSandbox(containerID: string, sources: Sources): Remains {
  const isOurs = (one: { readonly containerID: string }): boolean => one.containerID === containerID;
  const entries = sources.entries.filter(isOurs);
  const records = sources.records.filter(isOurs);
  const allocations = sources.allocations.filter(({ owner }) => isOurs(owner.pod));
  const hasEntry = (ifname: string): boolean => entries.some((entry) => entry.ifname === ifname);
  const ports = sources.ports.filter((port) => isOurs(port) && port.network !== '' && port.ifname !== '');
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
