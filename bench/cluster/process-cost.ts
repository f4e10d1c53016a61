import { readFileSync } from 'node:fs';

/** What a process has used so far, with those that it has started: user and system time in ms, resident memory in KiB. */
export interface Cost {
  readonly cpuMs: number;
  readonly residentKb: number;
}

/** Of a process with all its threads and children; https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export function costOf(pid: number): Cost {
  // The second field is in brackets, and may have blanks. Then: user and system time, and those of children that have ended.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children
    .map((child) => costOf(Number(child)))
    .reduce(added, { cpuMs: ticks * 10, residentKb: Number(resident) });
}

function added(a: Cost, b: Cost): Cost {
  return { cpuMs: a.cpuMs + b.cpuMs, residentKb: a.residentKb + b.residentKb };
}
