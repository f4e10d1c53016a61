import { CommanderError } from 'commander';
import { Failure, systemCode } from '../system/failure.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { printable, printableLines } from './output/printable.ts';
import type { Terminal } from './terminal.ts';

/**
 * Says what went wrong, on stderr: `error: …`, with what to do below. An AggregateError is several errors.
 * @returns the exit code, that of the first error
 * @throws what nobody expected, for Node to show where it comes from
 */
export function report(terminal: Terminal, error: unknown): number {
  // Commander has said what is wrong already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const failures = errors.map(expected);
  for (const failure of failures) terminal.err(format(failure));
  if (failures.some(lacksRights) && process.geteuid?.() !== 0) terminal.err('Run this as root.\n');
  return exitCodeOf(failures[0]?.kind ?? 'io');
}

/** Whether the system refuses it to this user. */
export function lacksRights({ cause }: Error): boolean {
  if (cause instanceof Failure) return lacksRights(cause);
  return ['EACCES', 'EPERM'].includes(systemCode(cause) ?? '');
}

function expected(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

function format({ message, details }: Failure): string {
  const below = details === undefined || details === '' ? [] : printableLines(details);
  return [`error: ${printable(message)}`, ...below.map((line) => `  ${line}`.trimEnd())].join('\n').concat('\n');
}
