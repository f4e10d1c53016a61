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
  /** Removes what an agent that was killed has written in part: nothing was begun then. */
  readonly sweep: (id: AttachmentID) => void;
}

/** @param socket path of the agent's */
export function begunRecords(
  files: Pick<Files, 'list' | 'readIfThere' | 'replace' | 'remove'>,
  socket: string,
): BegunRecords {
  const folder = `${socket.slice(0, socket.lastIndexOf('/'))}/begun`;
  const pathOf = (id: AttachmentID, pool: string): string => `${folder}/${nameOf(id, pool)}`;
  const found = (id: AttachmentID): readonly Found[] => {
    const names = files.list(folder).filter((name) => name.startsWith(nameOf(id, '')));
    return names.map((name) => {
      const begun = readKept(files.readIfThere(`${folder}/${name}`), isBegun);
      return { name, begun: begun !== undefined && name === nameOf(id, begun.pool) ? begun : undefined };
    });
  };
  return {
    write: (id, begun) => files.replace(pathOf(id, begun.pool), keptText(begun)),
    of: (id) => found(id).flatMap(({ begun }) => begun ?? []),
    remove: (id, pool) => files.remove(pathOf(id, pool)),
    sweep: (id) => {
      for (const { name, begun } of found(id)) if (begun === undefined) files.remove(`${folder}/${name}`);
    },
  };
}

/** Of the file. */
function nameOf(id: AttachmentID, pool: string): string {
  return `${attachmentKey(id)}.${pool}`;
}

interface Found {
  readonly name: string;
  /** undefined: it is no whole record. */
  readonly begun: Begun | undefined;
}

function isBegun(value: unknown): value is Begun {
  return isJsonObject(value) && ['pool', 'address', 'attempt'].every((key) => typeof value[key] === 'string');
}
