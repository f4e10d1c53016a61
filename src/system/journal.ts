import type { AttachmentID } from './attachment-id.ts';
import type { Files } from './files.ts';
import { isJsonObject } from './json-object.ts';
import { recordsIn, type Records } from './records.ts';

/** What this Node is doing, or has done, for one attachment: written before each effect, gone after DEL. */
export interface JournalEntry extends AttachmentID {
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

/** What this Node is doing, or has done: one entry an attachment. Where one cannot be read, OVS and the store tell. */
export type Journal = Records<JournalEntry>;

export function fileJournal(files: Files, dataDir: string): Journal {
  return recordsIn({ files, folder: `${dataDir}/attachments`, isRecord: isEntry });
}

function isEntry(value: unknown): value is JournalEntry {
  if (!isJsonObject(value)) return false;
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
