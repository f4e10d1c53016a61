import { attachmentKey, type AttachmentID } from './attachment-id.ts';
import type { Files } from './files.ts';
import { keptText, readLastKept } from './kept-file.ts';

/**
 * What is kept of attachments, each in a file of its own: a line each time that it was written, of which the last whole
 * one counts. To add a line costs less than to replace the file: ext4 writes out what a replaced file held, and looks, for
 * each new file, through all that were removed within five minutes (docs/adr/0015-records-of-lines.md).
 */
export interface Records<T extends AttachmentID> {
  /** undefined when there is none, or when it cannot be read (a torn or foreign file). */
  read(id: AttachmentID): T | undefined;
  /** Whether there is something that cannot be read. */
  isDamaged(id: AttachmentID): boolean;
  write(record: T): void;
  remove(id: AttachmentID): void;
  /** Removes what calls that died while they wrote have left of a record. Nobody may be writing it. */
  tidy(key: string): void;
  list(): readonly T[];
}

export interface RecordsOptions<T> {
  readonly files: Files;
  readonly folder: string;
  /** Of what has our version. */
  readonly isRecord: (value: unknown) => value is T;
}

/** No fsync: what a power failure takes along, it takes from the netns too, and others tell of what remains. */
export function recordsIn<T extends AttachmentID>({ files, folder, isRecord }: RecordsOptions<T>): Records<T> {
  const path = (id: AttachmentID): string => `${folder}/${attachmentKey(id)}.json`;
  const readFile = (name: string): T | undefined => readLastKept(files.readIfThere(name), isRecord);
  const read = (id: AttachmentID): T | undefined => {
    const record = readFile(path(id));
    return record?.containerID === id.containerID && record.ifname === id.ifname ? record : undefined;
  };
  return {
    read,
    isDamaged: (id) => files.exists(path(id)) && read(id) === undefined,
    write: (record) => {
      const [name, text] = [path(record), keptText(record)];
      if (!files.append(name, `\n${text}`, longest)) files.replace(name, text);
    },
    remove: (id) => files.remove(path(id)),
    tidy: (key) => {
      const isHalf = (name: string): boolean => name.startsWith(`${key}.json.`) && name.endsWith('.tmp');
      for (const name of files.list(folder).filter(isHalf)) files.remove(`${folder}/${name}`);
    },
    list: () =>
      files
        .list(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => readFile(`${folder}/${name}`))
        .filter((record) => record !== undefined),
  };
}

/** Bytes of a file that a line is added to. */
const longest = 32 * 1024;
