import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { endMarked, isAlive, ownProcess } from '../../src/system/processes.ts';
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

it('this process is alive; one of its number that started at another time is not', () => {
  const own = ownProcess();
  expect(own.pid).toBe(process.pid);
  expect(isAlive(own)).toBe(true);
  expect(isAlive({ ...own, started: '1' })).toBe(false);
  expect(isAlive({ pid: 2 ** 22 + 1, started: own.started })).toBe(false);
});

it('ends the processes with a mark, and no other', async () => {
  const mark = uniqueName('mark-');
  const [marked, other] = [startSleeper({ TEST_MARK: mark }), startSleeper({ TEST_MARK: `${mark}0` })];
  await Promise.all([once(marked, 'spawn'), once(other, 'spawn')]);
  const ended = once(marked, 'exit');
  endMarked('TEST_MARK', mark, pause);
  await ended;
  expect(marked.signalCode).toBe('SIGKILL');
  expect(readFileSync(`/proc/${other.pid}/comm`, 'utf8')).toBe('sleep\n');
});

it('has nothing to do when nobody has the mark', () => {
  expect(() => endMarked('TEST_MARK', uniqueName('nobody-'), pause)).not.toThrow();
});
