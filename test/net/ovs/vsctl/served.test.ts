import { describe, expect, it } from 'vitest';
import { OvsUnreachable } from '../../../../src/net/ovs/failures.ts';
import { vsctlDriver, type VsctlOptions } from '../../../../src/net/ovs/vsctl/driver.ts';
import { ovsFailure } from '../../../../src/net/ovs/vsctl/served.ts';
import type { Outcome } from '../../../../src/system/exec.ts';
import { Failure } from '../../../../src/system/failure.ts';
import { rejectionOf } from '../../../failure-of.ts';

const database = 'unix:/db.sock';
const good: Outcome = { code: 0, stdout: '', stderr: '', timedOut: false };
const failed = (reason: string): Outcome => ({ ...good, code: 1, stderr: `ovs-vsctl: ${reason}` });
const lost = (why: string) => failed(`${database}: database connection failed (${why})`);

function answering(...outcomes: readonly Outcome[]) {
  const pauses: number[] = [];
  const commands: (readonly string[])[] = [];
  const options: VsctlOptions = {
    mark: {},
    database,
    timeout: () => 4001,
    remaining: () => 60_000,
    pause: (milliseconds) => void pauses.push(milliseconds),
    exec(command, args) {
      commands.push([command, ...args]);
      return outcomes[commands.length - 1] ?? outcomes.at(-1) ?? good;
    },
  };
  return { options, pauses, commands };
}

describe('a command of OVS', () => {
  it('has a deadline: without, ovs-vsctl waits for ever', async () => {
    const { options, commands } = answering({ ...good, stdout: 'br0' });
    expect(await vsctlDriver(options).bridgeExists('br0')).toBe(true);
    expect(commands).toStrictEqual([
      [
        'ovs-vsctl',
        `--db=${database}`,
        '--timeout=5',
        '--no-wait',
        '--bare',
        '--columns=name',
        'find',
        'Bridge',
        'name=br0',
      ],
    ]);
    expect(await vsctlDriver(answering(good).options).bridgeExists('br0')).toBe(false);
  });

  it('is tried again, later and later, while ovsdb-server has too many callers', async () => {
    const { options, pauses, commands } = answering(
      lost('Protocol error'),
      lost('Resource temporarily unavailable'),
      good,
    );
    expect(await vsctlDriver(options).bridgeExists('br0')).toBe(false);
    expect(commands).toHaveLength(3);
    expect(pauses).toHaveLength(2);
  });

  it('is given up when an undo needs the rest of the time', async () => {
    const { options, commands } = answering(lost('Protocol error'));
    const hurried = { ...options, remaining: () => 10_000 };
    expect(await rejectionOf(vsctlDriver(hurried).bridgeExists('br0'))).toMatch(/^unavailable: /u);
    expect(commands).toHaveLength(1);
  });

  it('is tried again when it ran out of time because it was the first of many', async () => {
    const late: Outcome = { ...good, code: 142, stderr: 'terminating with signal 14 (Alarm clock)' };
    const { options, commands } = answering(late, good);
    const granted = [5000, 5000, 25_000];
    const busy = { ...options, timeout: () => granted[Math.min(commands.length * 2, 2)] ?? 0 };
    expect(await vsctlDriver(busy).bridgeExists('br0')).toBe(false);
    expect(commands).toHaveLength(2);
  });

  it('is not tried again when it ran out of time and nobody else calls: OVS hangs', async () => {
    const { options, commands } = answering({ ...good, code: 142, stderr: 'Alarm clock' });
    expect(await rejectionOf(vsctlDriver(options).bridgeExists('br0'))).toMatch(
      /^unavailable: Open vSwitch does not answer/u,
    );
    expect(commands).toHaveLength(1);
  });

  it('is not tried again after any other failure', async () => {
    const { options, commands } = answering(failed('no bridge named br0'));
    expect(await rejectionOf(vsctlDriver(options).removePorts(['av1']))).toMatch(/^wiring: /u);
    expect(commands).toHaveLength(1);
  });
});

describe('what a failure means', () => {
  it.each<{ outcome: Outcome; says: string }>([
    { outcome: { ...good, code: null }, says: 'unavailable: ' },
    {
      outcome: { ...good, code: 142, stderr: 'terminating with signal 14 (Alarm clock)' },
      says: 'unavailable: Open vSwitch does not',
    },
    { outcome: { ...good, code: 1, timedOut: true }, says: 'unavailable: Open vSwitch does not answer' },
    { outcome: failed('no bridge named br-connect'), says: 'wiring: Open vSwitch: no bridge named br-connect' },
    {
      outcome: lost('End of file'),
      says: `unavailable: the connection to Open vSwitch's database at ${database} broke off`,
    },
    { outcome: lost('Connection reset by peer'), says: 'broke off' },
    { outcome: { ...good, code: 127, stderr: 'sh: 1: ovs-vsctl: not found' }, says: 'ovs-vsctl' },
  ])('$says', ({ outcome, says }) => {
    const failure = ovsFailure(outcome, database);
    expect(failure).not.toBeInstanceOf(OvsUnreachable);
    expect(`${failure.kind}: ${failure.message}`).toContain(says);
  });

  it.each(['No such file or directory', 'Connection refused', 'Permission denied', 'Protocol error'])(
    'no connection was made, so nothing was changed: %s',
    (why) => {
      const failure = ovsFailure(lost(why), database);
      expect(failure).toBeInstanceOf(OvsUnreachable);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure.kind).toBe('unavailable');
      expect(failure.details).toContain(why);
    },
  );
});
