import { isJsonObject, type JsonObject } from '../config/json.ts';
import { Failure } from '../system/failure.ts';
import type { AttachmentID } from '../system/attachment-id.ts';

/** libcni sends the list under both: the second is the name that an early draft of the specification had. */
const keys = ['cni.dev/valid-attachments', 'cni.dev/attachments'];

/**
 * Reads which attachments GC must keep, and answers whether one of them is meant. An empty list (or null, which is how Go
 * writes one) says that none is; no list says nothing, and nothing must be deleted for it.
 * @throws Failure `config`
 */
export function readValidAttachments(raw: JsonObject): (id: AttachmentID) => boolean {
  const valid = new Set(readList(raw).map(identity));
  return (id) => valid.has(identity(id));
}

/** The same for sandboxes: whether one of the attachments that GC must keep is this container's. */
export function readValidContainers(raw: JsonObject): (containerID: string) => boolean {
  const valid = new Set(readList(raw).map(({ containerID }) => containerID));
  return (containerID) => valid.has(containerID);
}

function readList(raw: JsonObject): readonly AttachmentID[] {
  const key = keys.find((name) => Object.hasOwn(raw, name));
  if (key === undefined) {
    throw new Failure(
      'config',
      `the key ${keys[0]} is missing: without the list of valid attachments, GC deletes nothing`,
    );
  }
  const list = raw[key] ?? [];
  if (!Array.isArray(list)) throw new Failure('config', `${key} is not a list`);
  return list.map((item: unknown, index) => readItem(item, `${key}[${index}]`));
}

function readItem(item: unknown, what: string): AttachmentID {
  if (isJsonObject(item)) {
    const { containerID, ifname } = item;
    if (typeof containerID === 'string' && typeof ifname === 'string' && containerID !== '' && ifname !== '')
      return { containerID, ifname };
  }
  throw new Failure('config', `${what} needs containerID and ifname`);
}

function identity({ containerID, ifname }: AttachmentID): string {
  return JSON.stringify([containerID, ifname]);
}
