import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { endMarked, isAlive, ownProcess, type ProcessID } from '../../src/system/processes.ts';
import { pause } from '../../src/system/time.ts';
import { createResources } from '../fixture/resources.ts';
import { uniqueName } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

function startSleeper(env: Readonly<Record<string, string>>) {
  const child = spawn('sleep', ['600'], { env: { ...process.env, ...env }, stdio: 'ignore' });
  resources.defer(() => child.kill('SIGKILL'));
  return child;
}

/** What a process that has ended has left running. */
function startOrphan(env: Readonly<Record<string, string>>): ProcessID {
  const options = { env: { ...process.env, ...env }, encoding: 'utf8' } as const;
  const pid = Number(execFileSync('sh', ['-c', 'sleep 600 >/dev/null 2>&1 & echo $!'], options));
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  resources.defer(() => execFileSync('sh', ['-c', `kill -9 ${pid} || :`], { stdio: 'ignore' }));
  return { pid, started: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '' };
}

it('this process is alive; one of its number that started at another time is not', () => {
  const own = ownProcess();
  expect(own.pid).toBe(process.pid);
  expect(isAlive(own)).toBe(true);
  expect(isAlive({ ...own, started: '1' })).toBe(false);
  expect(isAlive({ pid: 2 ** 22 + 1, started: own.started })).toBe(false);
});

it('ends the processes with a mark, and no other: neither one with another mark, nor one that it has started itself', async () => {
  const mark = uniqueName('mark-');
  const orphan = startOrphan({ TEST_MARK: mark });
  const [own, other] = [startSleeper({ TEST_MARK: mark }), startSleeper({ TEST_MARK: `${mark}0` })];
  await Promise.all([once(own, 'spawn'), once(other, 'spawn')]);
  endMarked('TEST_MARK', mark, pause);
  expect(isAlive(orphan)).toBe(false);
  for (const { pid } of [own, other]) expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n');
});

it('has nothing to do when nobody has the mark', () => {
  expect(() => endMarked('TEST_MARK', uniqueName('nobody-'), pause)).not.toThrow();
});
