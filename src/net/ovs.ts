import type { Exec, Outcome } from '../system/exec.ts';
import { Failure } from '../system/failure.ts';
import { deadlineIn } from '../system/time.ts';
import { findPortCommands, parsePorts, type FoundPort } from './ovs-ports.ts';

export interface OvsOptions {
  readonly exec: Exec;
  /** `unix:/path` of ovsdb-server's socket. */
  readonly database: string;
  /** Milliseconds that one command may take: the more, the more calls are under way on this Node. */
  readonly timeout: () => number;
  /** Milliseconds that are left for the whole call. */
  readonly remaining: () => number;
  /** Waits, milliseconds. */
  readonly pause: (milliseconds: number) => void;
}

/** How long a busy OVS is tried, milliseconds; what is left of the call must do for an undo. */
const patience = 30_000;
const reserve = 10_000;

/** No connection was had, so nothing was changed. */
export class OvsUnreachable extends Failure {
  override readonly name = 'OvsUnreachable';

  constructor(database: string, reason: string) {
    super('unavailable', `Open vSwitch's database cannot be reached at ${database}`, {
      details: `${reason}; is ovsdb-server running, and is the Node file's ovsdb right?`,
    });
  }
}

/** The options that go before any command of ovs-vsctl(8): without --timeout it waits for ever. */
export function connectionArguments({ database, timeout }: OvsOptions): readonly string[] {
  return [`--db=${database}`, `--timeout=${Math.max(1, Math.ceil(timeout() / 1000))}`];
}

/** @throws Failure `unavailable` */
export function bridgeExists(options: OvsOptions, bridge: string): boolean {
  return vsctl(options, ['--no-wait', '--bare', '--columns=name', 'find', 'Bridge', `name=${bridge}`]) !== '';
}

/**
 * The ports that are ours, of one name or of one network.
 * @throws Failure `unavailable`
 */
export function findPorts(
  options: OvsOptions,
  wanted: { readonly name: string } | { readonly network: string },
): readonly FoundPort[] {
  return parsePorts(vsctl(options, ['--no-wait', ...findPortCommands(wanted)]));
}

function vsctl(options: OvsOptions, args: readonly string[]): string {
  return untilServed(options, () => {
    const timeout = options.timeout();
    // ovs-vsctl ends itself in time; the kill is for one that does not.
    return options.exec('ovs-vsctl', [...connectionArguments(options), ...args], { timeout: timeout + 1000 });
  }).stdout;
}

/**
 * Runs `command` until OVS is not too busy for it. The listen backlog of ovsdb-server overflows when a hundred connect
 * at once; and a command that was the first of a hundred was given too little time.
 * @param command gets the number of the try, from 1
 * @throws Failure `unavailable` or `wiring` when it ends with anything but 0
 */
export function untilServed(options: OvsOptions, command: (attempt: number) => Outcome): Outcome {
  const end = deadlineIn(Math.min(patience, options.remaining() - reserve));
  for (let attempt = 1; ; attempt++) {
    const granted = options.timeout();
    const outcome = command(attempt);
    if (outcome.code === 0) return outcome;
    const isBusy = isOverflow(outcome) || (isTimeout(outcome) && options.timeout() > granted + 1000);
    if (!isBusy || end.remaining() <= 1) throw ovsFailure(outcome, options.database);
    options.pause(Math.min(10 * 2 ** attempt, 500) * (0.5 + Math.random()));
  }
}

function isOverflow({ stderr }: Pick<Outcome, 'stderr'>): boolean {
  return /Protocol error|Resource temporarily unavailable/.test(stderr);
}

function isTimeout({ stderr, timedOut }: Pick<Outcome, 'stderr' | 'timedOut'>): boolean {
  return timedOut || stderr.includes('Alarm clock');
}

/** What an unsuccessful ovs-vsctl means. */
export function ovsFailure(
  { code, stderr, timedOut }: Pick<Outcome, 'code' | 'stderr' | 'timedOut'>,
  database: string,
): Failure {
  if (isTimeout({ stderr, timedOut })) {
    return new Failure('unavailable', `Open vSwitch does not answer at ${database}`, {
      details: 'are ovsdb-server and ovs-vswitchd running?',
    });
  }
  if (code === null) return new Failure('unavailable', 'ovs-vsctl was ended by a signal: try again');
  const reason = errorLine(stderr);
  if (reason.includes('database connection failed')) return connectionFailure(database, reason);
  const bridge = /no bridge named (\S+)/.exec(reason)?.[1];
  return new Failure('wiring', `Open vSwitch: ${reason}`, {
    ...(bridge !== undefined && { details: `make it with: ovs-vsctl add-br ${bridge}` }),
  });
}

/** One that broke off may have carried the change; one that was never made did not. */
function connectionFailure(database: string, reason: string): Failure {
  if (!/End of file|reset|Broken pipe/.test(reason)) return new OvsUnreachable(database, reason);
  return new Failure('unavailable', `the connection to Open vSwitch's database at ${database} broke off`, {
    details: reason,
  });
}

/** The line that says what is wrong, without the program's name and its log lines. */
export function errorLine(stderr: string): string {
  const lines = stderr.split('\n');
  const line = lines.find((candidate) => candidate.startsWith('ovs-vsctl: ')) ?? lines[0] ?? '';
  return line.replace(/^ovs-vsctl: /, '');
}
