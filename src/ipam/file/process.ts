import { textIn } from './files.ts';

/**
 * What tells a process from an earlier one of the same id: its start in clock ticks since boot.
 * Undefined if it does not run. Source: proc_pid_stat(5), field 22.
 */
export function startOf(pid: number): string | undefined {
  const stat = textIn(`/proc/${pid}/stat`);
  // The second field, the command, may contain spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
