import { readFileSync } from 'node:fs';

/** What a process has used so far: user and system time in ms, resident memory in KiB. */
export interface Cost {
  readonly cpuMs: number;
  readonly residentKb: number;
}

/** Of a process with all its threads; https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export function costOf(pid: number): Cost {
  // The second field is in brackets, and may have blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuMs: ticks * 10, residentKb: Number(resident) };
}
