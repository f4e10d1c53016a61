import { locksFolder } from '../../config/node-folders.ts';
import { attachmentKey, hostInterfaceOf, type AttachmentID } from '../../system/attachment-id.ts';
import type { Files } from '../../system/files.ts';
import { isAlive } from '../../system/processes.ts';
import type { SandboxState } from '../cri/known.ts';
import { netnsState } from './netns-state.ts';
import type { Remains } from './remains.ts';
import type { Sighting } from './verdict.ts';

export interface View extends NodeView {
  readonly stateOf: (containerID: string) => SandboxState;
  readonly isBeforeReboot: (containerID: string) => boolean;
}

/** What there is on this Node, of all sandboxes. */
export interface NodeView {
  /** Names of all links. */
  readonly links: ReadonlySet<string>;
  /** By the key of an attachment, who holds or wants its lock (src/system/lock.ts). */
  readonly locks: ReadonlyMap<string, readonly string[]>;
}

/** Two folders tell it: to ask for each attachment by itself costs several times as much. */
export function viewNode(files: Pick<Files, 'list'>, dataDir: string): NodeView {
  const folder = locksFolder(dataDir);
  const locks = files.list(folder).map((key) => [key, files.list(`${folder}/${key}`)] as const);
  return { links: new Set(files.list('/proc/sys/net/ipv4/conf')), locks: new Map(locks) };
}

/** Looks at one sandbox. */
export function lookAt(remains: Remains, { links, locks, stateOf, isBeforeReboot }: View): Sighting {
  const { containerID, netns, attachments, records, allocations } = remains;
  const known = keysOf([...attachments, ...records, ...records.flatMap((record) => attachmentsOf(record))]);
  // A link may be all that is left besides the address.
  const all = [...known, ...keysOf(allocations.map(({ owner }) => ({ containerID, ifname: owner.pod.ifName })))];
  return {
    netns: netnsState(netns),
    runtime: stateOf(containerID),
    linked: all.some((key) => links.has(hostInterfaceOf(key))),
    busy: known.some((key) => isUnderWay(locks.get(key) ?? [])),
    beforeReboot: isBeforeReboot(containerID),
    addressesOnly: known.length === 0,
  };
}

function attachmentsOf({ containerID, attachments }: Remains['records'][number]): readonly AttachmentID[] {
  return attachments.map(({ ifname }) => ({ containerID, ifname }));
}

function keysOf(ids: readonly AttachmentID[]): readonly string[] {
  return [...new Set(ids.map(attachmentKey))];
}

/** Whether one of them is a living process but this one. */
function isUnderWay(holders: readonly string[]): boolean {
  return holders.filter((holder) => !holder.startsWith(`${process.pid}.`)).some(isHeldBy);
}

/** @param holder as the lock's folder has it: number and start of a process */
export function isHeldBy(holder: string): boolean {
  const [pid = '', started = ''] = holder.split('.');
  return isAlive({ pid: Number(pid), started });
}
