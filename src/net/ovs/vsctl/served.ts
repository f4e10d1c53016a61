import type { Outcome } from '../../../system/exec.ts';
import { Failure } from '../../../system/failure.ts';
import { deadlineIn } from '../../../system/time.ts';
import { backoff } from '../driver.ts';
import { connectionBroke, noAnswer, noBridge, OvsUnreachable } from '../failures.ts';

export interface ServedOptions {
  readonly database: string;
  readonly timeout: () => number;
  /** How long a busy OVS is tried, milliseconds. */
  readonly patience: number;
  readonly pause: (milliseconds: number) => void;
}

/**
 * Runs `command` until OVS is not too busy for it. The listen backlog of ovsdb-server overflows when a hundred connect
 * at once; and a command that was the first of a hundred was given too little time.
 * @param command gets the number of the try, from 1
 * @throws Failure `unavailable` or `wiring` when it ends with anything but 0
 */
export function untilServed(
  { database, timeout, patience, pause }: ServedOptions,
  command: (attempt: number) => Outcome,
): Outcome {
  const end = deadlineIn(patience);
  for (let attempt = 1; ; attempt++) {
    const granted = timeout();
    const outcome = command(attempt);
    if (outcome.code === 0) return outcome;
    const isBusy = isOverflow(outcome) || (isTimeout(outcome) && timeout() > granted + 1000);
    if (!isBusy || end.remaining() <= 1) throw ovsFailure(outcome, database);
    pause(backoff(attempt));
  }
}

function isOverflow({ stderr }: Outcome): boolean {
  return /Protocol error|Resource temporarily unavailable/.test(stderr);
}

function isTimeout({ stderr, timedOut }: Outcome): boolean {
  return timedOut || stderr.includes('Alarm clock');
}

/** What an unsuccessful ovs-vsctl means. */
export function ovsFailure(outcome: Outcome, database: string): Failure {
  if (isTimeout(outcome)) return noAnswer(database);
  if (outcome.code === null) return new Failure('unavailable', 'ovs-vsctl was ended by a signal: try again');
  const reason = errorLine(outcome.stderr);
  if (reason.includes('database connection failed')) return connectionFailure(database, reason);
  const bridge = /no bridge named (\S+)/.exec(reason)?.[1];
  return bridge === undefined ? new Failure('wiring', `Open vSwitch: ${reason}`) : noBridge(bridge);
}

/** One that broke off may have carried the change; one that was never made did not. */
function connectionFailure(database: string, reason: string): Failure {
  if (/End of file|reset|Broken pipe/.test(reason)) return connectionBroke(database, reason);
  return new OvsUnreachable(database, reason);
}

/** The line that says what is wrong, without the program's name and its log lines. */
export function errorLine(stderr: string): string {
  const lines = stderr.split('\n');
  const line = lines.find((candidate) => candidate.startsWith('ovs-vsctl: ')) ?? lines[0] ?? '';
  return line.replace(/^ovs-vsctl: /, '');
}
