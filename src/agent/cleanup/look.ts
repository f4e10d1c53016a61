import { linkExists } from '../../net/detach.ts';
import { attachmentKey, hostInterfaceName, type AttachmentID } from '../../system/attachment-id.ts';
import type { Files } from '../../system/files.ts';
import { isAlive } from '../../system/processes.ts';
import type { SandboxState } from '../cri/known.ts';
import { netnsState } from './netns-state.ts';
import type { Remains } from './remains.ts';
import type { Sighting } from './verdict.ts';

export interface View {
  readonly files: Pick<Files, 'exists' | 'list'>;
  readonly dataDir: string;
  readonly stateOf: (containerID: string) => SandboxState;
  readonly isBeforeReboot: (containerID: string) => boolean;
}

/** Looks at one sandbox. */
export function lookAt(remains: Remains, { files, dataDir, stateOf, isBeforeReboot }: View): Sighting {
  const { containerID, netns, attachments, records } = remains;
  const ids = [...attachments, ...records, ...records.flatMap((record) => attachmentsOf(record))];
  return {
    netns: netnsState(netns),
    runtime: stateOf(containerID),
    linked: ids.some((id) => linkExists(files, hostInterfaceName(id))) || allocatedLinks(files, remains),
    busy: ids.some((id) => isUnderWay(files, dataDir, id)),
    beforeReboot: isBeforeReboot(containerID),
    addressesOnly: ids.length === 0,
  };
}

function attachmentsOf({ containerID, attachments }: Remains['records'][number]): readonly AttachmentID[] {
  return attachments.map(({ ifname }) => ({ containerID, ifname }));
}

/** A link may be all that is left besides the address. */
function allocatedLinks(files: View['files'], { containerID, allocations }: Remains): boolean {
  return allocations.some(({ owner }) =>
    linkExists(files, hostInterfaceName({ containerID, ifname: owner.pod.ifName })),
  );
}

/** Whether a living process but this one holds, or wants, the lock of the attachment (src/system/lock.ts). */
function isUnderWay(files: View['files'], dataDir: string, id: AttachmentID): boolean {
  const holders = files.list(`${dataDir}/locks/${attachmentKey(id)}`);
  return holders.filter((holder) => !holder.startsWith(`${process.pid}.`)).some(isHeldBy);
}

/** @param holder as the lock's folder has it: number and start of a process */
export function isHeldBy(holder: string): boolean {
  const [pid = '', started = ''] = holder.split('.');
  return isAlive({ pid: Number(pid), started });
}
