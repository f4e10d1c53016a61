import type { Files } from './files.ts';
import { hashName } from './hash.ts';
import { isJsonObject } from './json-object.ts';

/** What this Node is doing, or has done, for one attachment: written before each effect, gone after DEL. */
export interface JournalEntry {
  readonly containerID: string;
  readonly ifname: string;
  /** Name of the network. */
  readonly network: string;
  readonly netns: string;
  /** The host's end of the veth pair, and the OVS port; empty when the attachment is addresses only. */
  readonly hostInterface: string;
  /** The pools that addresses are taken from. */
  readonly pools: readonly string[];
  /** The addresses that are held; empty while `confirmed` is false. */
  readonly addresses: readonly HeldEntry[];
  /** False while addresses are being allocated: after a crash then, the pools must be searched for what was taken. */
  readonly confirmed: boolean;
  /** The network's `ipam`, where another plugin gives the addresses: for a DEL that is told no configuration. */
  readonly ipam?: unknown;
  /** A JournalPort, unless the attachment is addresses only, not made, or taken away; checked by who makes use of it. */
  readonly port?: unknown;
}

/** What the port has besides what the entry says: enough to make it again, should Open vSwitch lose it. */
export interface JournalPort {
  readonly bridge: string;
  readonly vlans: { readonly mode: string; readonly tag?: number; readonly trunks?: readonly number[] };
  /** Of both ends. */
  readonly mtu: number;
  readonly podNamespace: string;
  readonly podName: string;
  readonly mac: string;
  /** Comma-separated, without prefix lengths. */
  readonly addresses: string;
}

export interface HeldEntry {
  readonly pool: string;
  readonly address: string;
  /** Which allocation of the address it is, in the store's own words: a release by it need not look who holds it. */
  readonly version?: string;
}

export type AttachmentID = Pick<JournalEntry, 'containerID' | 'ifname'>;

export interface Journal {
  /** undefined when there is none, or when it cannot be read (a torn or foreign file): then OVS and the store tell. */
  read(id: AttachmentID): JournalEntry | undefined;
  /** Whether there is something that cannot be read: the attachment is or was there, and what it holds is not known. */
  isDamaged(id: AttachmentID): boolean;
  write(entry: JournalEntry): void;
  remove(id: AttachmentID): void;
  /** Removes what calls that died while they wrote have left of an entry. Nobody may be writing it. */
  tidy(key: string): void;
  /** Every entry of this Node; for GC only. */
  list(): readonly JournalEntry[];
}

/** Anything that is kept on disk carries a version. */
const version = 1;

/** One file an attachment. No fsync: what a power failure takes along, it takes from the netns too, and external_ids remain. */
export function fileJournal(files: Files, dataDir: string): Journal {
  const folder = `${dataDir}/attachments`;
  const path = (id: AttachmentID): string => `${folder}/${attachmentKey(id)}.json`;
  const read = (id: AttachmentID): JournalEntry | undefined => {
    const entry = parseEntry(files.readIfThere(path(id)));
    return entry?.containerID === id.containerID && entry.ifname === id.ifname ? entry : undefined;
  };
  return {
    read,
    isDamaged: (id) => files.exists(path(id)) && read(id) === undefined,
    write: (entry) => files.replace(path(entry), JSON.stringify({ version, ...entry })),
    remove: (id) => files.remove(path(id)),
    tidy: (key) => {
      const isHalf = (name: string): boolean => name.startsWith(`${key}.json.`) && name.endsWith('.tmp');
      for (const name of files.list(folder).filter(isHalf)) files.remove(`${folder}/${name}`);
    },
    list: () =>
      files
        .list(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => parseEntry(files.readIfThere(`${folder}/${name}`)))
        .filter((entry) => entry !== undefined),
  };
}

/** Names files and processes of an attachment. */
export function attachmentKey({ containerID, ifname }: AttachmentID): string {
  return hashName(containerID, ifname);
}

/** Name of the host's end of the veth pair: 15 characters, the kernel's limit. */
export function hostInterfaceName(id: AttachmentID): string {
  return hostInterfaceOf(attachmentKey(id));
}

/** @param key attachmentKey() */
export function hostInterfaceOf(key: string): string {
  return `av${key.slice(0, 13)}`;
}

function parseEntry(bytes: Buffer | undefined): JournalEntry | undefined {
  if (bytes === undefined) return undefined;
  let entry: unknown;
  try {
    entry = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  return isEntry(entry) ? entry : undefined;
}

function isEntry(value: unknown): value is JournalEntry {
  if (!isJsonObject(value) || value['version'] !== version) return false;
  const texts = ['containerID', 'ifname', 'network', 'netns', 'hostInterface'].every(
    (key) => typeof value[key] === 'string',
  );
  const { pools, addresses, confirmed } = value;
  return (
    texts &&
    Array.isArray(pools) &&
    pools.every(isText) &&
    Array.isArray(addresses) &&
    addresses.every(isHeld) &&
    typeof confirmed === 'boolean'
  );
}

function isHeld(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { pool, address, version: held } = value;
  return isText(pool) && isText(address) && (held === undefined || isText(held));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
