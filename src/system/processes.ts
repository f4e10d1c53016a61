import fs from 'node:fs';
import { systemCode } from './failure.ts';

/** A process, told from any other that had or will have the same number. */
export interface ProcessID {
  readonly pid: number;
  /** Clock ticks from boot to its start (proc_pid_stat(5), field 22). */
  readonly started: string;
}

/** Of the fields from the third on. */
const startField = 19;

export function ownProcess(): ProcessID {
  return (own ??= { pid: process.pid, started: startOf('self') ?? '0' });
}

let own: ProcessID | undefined;

/** A zombie is dead: it does nothing any more, and waits only for its parent to take notice. */
export function isAlive({ pid, started }: ProcessID): boolean {
  const fields = statFields(String(pid));
  return fields?.[startField] === started && fields[0] !== 'Z';
}

/** How often to look for more: what is killed may just have started another. */
const looks = 10;

/**
 * Ends the processes whose environment has `variable=value`, but for those that we have started, and waits until they are
 * gone. Scans /proc: for repair only.
 */
export function endMarked(variable: string, value: string, pause: (milliseconds: number) => void): void {
  for (let look = 0; look < looks; look++) {
    const marked = processesWith(`${variable}=${value}`);
    if (marked.length === 0) return;
    for (const { pid } of marked) kill(pid);
    for (let wait = 0; wait < 200 && marked.some(isAlive); wait++) pause(5);
  }
}

function processesWith(entry: string): readonly ProcessID[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid).includes(entry) && !isOurs(pid))
    .map((pid) => ({ pid: Number(pid), started: startOf(pid) ?? '' }));
}

/** Whether it is this process, or descends from it. */
function isOurs(pid: string): boolean {
  if (Number(pid) === process.pid) return true;
  const parent = statFields(pid)?.[1] ?? '0';
  return Number(parent) > 1 && isOurs(parent);
}

function startOf(pid: string): string | undefined {
  return statFields(pid)?.[startField];
}

/** The fields after the command's name, which may hold anything: field 3 is the first. */
function statFields(pid: string): readonly string[] | undefined {
  const stat = readIfAlive(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function environmentOf(pid: string): readonly string[] {
  return readIfAlive(`/proc/${pid}/environ`)?.split('\0') ?? [];
}

function readIfAlive(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
