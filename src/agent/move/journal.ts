import type { Addressing } from '../../net/nic/addressing.ts';
import type { Files } from '../../system/files.ts';
import { isJsonObject } from '../../system/json-object.ts';
import { keptText, readKept } from '../../system/kept-file.ts';

/**
 * The move of a network interface's addresses to the Node's own port of the bridge, which gets its name, or the way back:
 * written before each step, so that whoever comes next can finish either.
 */
export interface Move {
  /** Of this attempt: another process that finds a different one has nothing to do with it any more. */
  readonly id: string;
  readonly phase: Phase;
  readonly bridge: string;
  /** Name of the interface before, and of the port afterwards. */
  readonly name: string;
  /** Kernel's number of the interface itself, whatever its name is. */
  readonly index: number;
  /** That of the port, once it has the addresses; else 0. */
  readonly portIndex: number;
  readonly mac: string;
  readonly mtu: number;
  /** The interface's settings of IPv6, as they were; empty where there is none. */
  readonly acceptRA: string;
  readonly addressing: Addressing;
  /** One of these must answer when the addresses have moved; none: nothing need answer. */
  readonly servers: readonly Endpoint[];
  /** Milliseconds since 1970: until then the process that makes the move is left alone. */
  readonly deadline: number;
  /** Of the kernel that this was: all interfaces are new after another start of it. */
  readonly boot: string;
}

/**
 * `moving`, `moved`: to the port; `restoring`: back. `given-up`: it is back, because no server answered by way of the
 * port; until `deadline` it is not tried again.
 */
export type Phase = 'moving' | 'moved' | 'restoring' | 'given-up';

export interface Endpoint {
  /** An address. */
  readonly host: string;
  readonly port: number;
}

export interface MoveJournal {
  /** undefined: nothing has been moved, or it is all back. */
  read(): Move | undefined;
  write(move: Move): void;
  remove(): void;
}

export function moveJournal(files: Pick<Files, 'readIfThere' | 'replace' | 'remove'>, path: string): MoveJournal {
  return {
    read: () => readKept(files.readIfThere(path), isMove),
    write: (move) => files.replace(path, keptText(move)),
    remove: () => files.remove(path),
  };
}

export function journalPath(dataDir: string): string {
  return `${dataDir}/agent/move.json`;
}

/** The name that the interface has while a port has its own. */
export function movedName(name: string): string {
  return `${name}~`;
}

function isMove(value: unknown): value is Move {
  if (!isJsonObject(value)) return false;
  const { addressing, servers } = value;
  return (
    ['id', 'phase', 'bridge', 'name', 'mac', 'acceptRA', 'boot'].every((key) => typeof value[key] === 'string') &&
    ['index', 'portIndex', 'mtu', 'deadline'].every((key) => typeof value[key] === 'number') &&
    isJsonObject(addressing) &&
    Array.isArray(addressing['addresses']) &&
    Array.isArray(addressing['routes']) &&
    Array.isArray(servers)
  );
}
