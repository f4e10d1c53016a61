import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, type Output } from '../../fixture/command.ts';
import type { Invocation } from '../../fixture/runtime.ts';
import { makeTempDir } from '../../fixture/unique.ts';

/** A system call of the plugin's own that others can notice, or the start or end of a program that it runs. */
export interface Effect {
  readonly syscall: string;
  /** The how manieth of its name this is in the process, from 1. */
  readonly nth: number;
  /** As strace shows it. */
  readonly text: string;
}

/** arm64 has only the `…at` forms; a program is started by clone and awaited by wait4. */
const syscalls =
  'mkdir mkdirat openat fdatasync rename renameat renameat2 unlink unlinkat rmdir clone vfork wait4 exit_group'.split(
    ' ',
  );

/** With more arenas, malloc opens a file of its own now and then, and the count would be off. */
const env = { MALLOC_ARENA_MAX: '1' };

/**
 * Runs the plugin under strace(1), and answers its effects in their order.
 * @param dataDir effects on files elsewhere are not the plugin's
 */
export async function traceEffects(invocation: Invocation, dataDir: string): Promise<readonly Effect[]> {
  const temp = makeTempDir('trace');
  try {
    const log = join(temp.path, 'log');
    const traced = syscalls.map((syscall) => `?${syscall}`).join(',');
    const output = await run(...underStrace(invocation, ['-o', log, '-e', `trace=${traced}`]));
    if (output.code !== 0) throw new Error(`the traced call failed: ${output.stdout}${output.stderr}`);
    return effectsIn(readFileSync(log, 'utf8'), dataDir);
  } finally {
    await temp.remove();
  }
}

/** Runs the plugin, and kills it as it is about to make the system call: whatever came before is done, this is not. */
export async function runUntil(invocation: Invocation, { syscall, nth, text }: Effect): Promise<void> {
  const inject = `inject=${syscall}:signal=KILL:when=${nth}`;
  const output = await run(...underStrace(invocation, ['-o', '/dev/null', '-e', `trace=${syscall}`, '-e', inject]));
  // The C library opens a file of its own now and then: when it did so while we counted, the last one is never reached.
  if (syscall === 'openat' && output.code === 0) return;
  if (output.signal !== 'SIGKILL') throw new Error(`it was not killed before ${text}: ${describe(output)}`);
}

function underStrace({ argv: plain, ...options }: Invocation, strace: readonly string[]): Parameters<typeof run> {
  const [executable = '', ...before] = plain.toReversed();
  const argv = [...before.toReversed(), 'strace', ...strace, executable];
  return [argv, { ...options, env: { ...options.env, ...env } }];
}

function effectsIn(log: string, dataDir: string): readonly Effect[] {
  const counts = new Map<string, number>();
  return log.split('\n').flatMap((text) => {
    const syscall = /^(\w+)\(/u.exec(text)?.[1];
    if (syscall === undefined) return [];
    const nth = (counts.get(syscall) ?? 0) + 1;
    counts.set(syscall, nth);
    return isEffect(syscall, text, dataDir) ? [{ syscall, nth, text }] : [];
  });
}

function isEffect(syscall: string, text: string, dataDir: string): boolean {
  if (/ = -1 E/u.test(text)) return false;
  if (syscall === 'clone') return text.includes('SIGCHLD');
  if (['fdatasync', 'vfork', 'wait4', 'exit_group'].includes(syscall)) return true;
  return text.includes(dataDir) && (syscall !== 'openat' || text.includes('O_CREAT'));
}

function describe({ code, signal, stdout, stderr }: Output): string {
  return `${signal ?? `exit code ${code}`}\n${stdout}${stderr}`;
}
