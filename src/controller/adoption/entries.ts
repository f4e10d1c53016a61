import { compareAddresses, formatAddress, parseAddress, type Address } from '../../ipam/address.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

/** An address that another controller says is held, in `status.ipAddresses` of a pool. */
export interface Entry {
  readonly address: Address;
  readonly phase: 'Allocated' | 'Reserved';
  readonly pod: EntryPod | undefined;
  readonly statefulSet: EntryStatefulSet | undefined;
}

/** Whoever wrote it knew neither UID nor Node. Absent facts are empty strings. */
export interface EntryPod {
  readonly namespace: string;
  readonly name: string;
  readonly containerID: string;
  /** Empty for the interface of the primary network. */
  readonly ifName: string;
}

export interface EntryStatefulSet {
  readonly namespace: string;
  readonly name: string;
  readonly index: number;
}

export interface Entries {
  /** No two of the same address; in the order of addresses. */
  readonly entries: readonly Entry[];
  /** What cannot be taken over, each in a sentence for people. */
  readonly problems: readonly string[];
}

/** Whatever is written there is read, and what cannot be used is told. */
export function readEntries({ ipAddresses }: JsonObject): Entries {
  const list: readonly unknown[] = Array.isArray(ipAddresses) ? ipAddresses : [];
  const known = new Map<string, Entry>();
  const problems: string[] = [];
  for (const [index, item] of list.entries()) {
    const entry = readEntry(item);
    if (typeof entry === 'string') {
      problems.push(`ipAddresses[${index}] ${entry}`);
      continue;
    }
    const key = formatAddress(entry.address);
    const other = known.get(key);
    if (other !== undefined) problems.push(`${key} is there twice, for ${ownerOf(other)} and ${ownerOf(entry)}`);
    // Somebody who uses it goes before somebody who may want it.
    if (other === undefined || (other.pod === undefined && entry.pod !== undefined)) known.set(key, entry);
  }
  return { entries: [...known.values()].toSorted((a, b) => compareAddresses(a.address, b.address)), problems };
}

/** `Pod default/web-0` or `StatefulSet default/web` */
export function ownerOf({ pod, statefulSet }: Entry): string {
  if (pod !== undefined) return `Pod ${pod.namespace}/${pod.name}`;
  return `StatefulSet ${statefulSet?.namespace ?? ''}/${statefulSet?.name ?? ''}`;
}

/** A text says what is wrong. */
function readEntry(item: unknown): Entry | string {
  if (!isJsonObject(item)) return 'is no object';
  const written = text(item, 'ipAddress');
  const address = parseAddress(written);
  if (address === undefined) return `has no IP address: ${JSON.stringify(written.slice(0, 60))}`;
  const owner = isJsonObject(item['owner']) ? item['owner'] : {};
  const pod = podOf(owner['pod']);
  const statefulSet = statefulSetOf(owner['statefulSet']);
  if (pod === undefined && statefulSet === undefined) return `${written} has no owner`;
  // Kept for the next Pod of a StatefulSet: the last one of which is gone.
  const isReserved = pod === undefined || (statefulSet !== undefined && text(item, 'phase') === 'Reserved');
  return isReserved
    ? { address, phase: 'Reserved', pod: undefined, statefulSet }
    : { address, phase: 'Allocated', pod, statefulSet };
}

function podOf(pod: unknown): EntryPod | undefined {
  if (!isJsonObject(pod) || text(pod, 'name') === '') return undefined;
  return {
    namespace: text(pod, 'namespace'),
    name: text(pod, 'name'),
    containerID: text(pod, 'containerID'),
    ifName: text(pod, 'ifName'),
  };
}

function statefulSetOf(owner: unknown): EntryStatefulSet | undefined {
  if (!isJsonObject(owner) || text(owner, 'name') === '') return undefined;
  const { index } = owner;
  return {
    namespace: text(owner, 'namespace'),
    name: text(owner, 'name'),
    index: typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : 0,
  };
}

function text(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}
