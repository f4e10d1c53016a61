import { hashName } from './hash.ts';

/** One interface of one sandbox, as the runtime calls it. */
export interface AttachmentID {
  readonly containerID: string;
  readonly ifname: string;
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
