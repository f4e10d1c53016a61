import { attachmentKey, type AttachmentID } from '../system/attachment-id.ts';
import type { Files } from '../system/files.ts';
import { isJsonObject } from '../system/json-object.ts';
import { keptText, readKept } from '../system/kept-file.ts';

/**
 * A create that the agent has begun for an announced call. It is on record before the API server is asked, beside the
 * agent's socket, until the plugin asks the agent for it: so an agent that is killed leaves nothing that nobody knows of.
 */
export interface Begun {
  readonly pool: string;
  readonly address: string;
  /** As attemptName() gives it (src/ipam/kubernetes/create.ts). */
  readonly attempt: string;
}

export interface BegunRecords {
  /** @throws Failure `io` */
  readonly write: (id: AttachmentID, begun: Begun) => void;
  readonly of: (id: AttachmentID) => readonly Begun[];
  readonly remove: (id: AttachmentID, pool: string) => void;
}

/** @param socket path of the agent's */
export function begunRecords(
  files: Pick<Files, 'list' | 'readIfThere' | 'replace' | 'remove'>,
  socket: string,
): BegunRecords {
  const folder = `${socket.slice(0, socket.lastIndexOf('/'))}/begun`;
  const pathOf = (id: AttachmentID, pool: string): string => `${folder}/${attachmentKey(id)}.${pool}`;
  return {
    write: (id, begun) => files.replace(pathOf(id, begun.pool), keptText(begun)),
    of: (id) => {
      const names = files.list(folder).filter((name) => name.startsWith(`${attachmentKey(id)}.`));
      return names.flatMap((name) => readKept(files.readIfThere(`${folder}/${name}`), isBegun) ?? []);
    },
    remove: (id, pool) => files.remove(pathOf(id, pool)),
  };
}

function isBegun(value: unknown): value is Begun {
  return isJsonObject(value) && ['pool', 'address', 'attempt'].every((key) => typeof value[key] === 'string');
}
