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
  return { pid: process.pid, started: startOf('self') ?? '0' };
}

/** A zombie is dead: it does nothing any more, and waits only for its parent to take notice. */
export function isAlive({ pid, started }: ProcessID): boolean {
  const fields = statFields(String(pid));
  return fields?.[startField] === started && fields[0] !== 'Z';
}

/** Ends the processes whose environment has `variable=value`, and waits until they are gone. Scans /proc: for repair only. */
export function endMarked(variable: string, value: string, pause: (milliseconds: number) => void): void {
  const entry = `${variable}=${value}`;
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    if (!environmentOf(pid).includes(entry)) continue;
    const victim = { pid: Number(pid), started: startOf(pid) ?? '' };
    kill(victim.pid);
    for (let wait = 0; wait < 200 && isAlive(victim); wait++) pause(5);
  }
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
