import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { markOf, thorough } from '../../src/plugin/marks.ts';
import { exec } from '../../src/system/exec.ts';

test('a program that takes too long ends with all that it has started', () => {
  const mark = markOf({ containerID: `too-long-${process.pid}`, ifname: 'net1' });
  const script = 'tail -f /dev/null & (tail -f /dev/null & wait) & wait';
  const { timedOut } = thorough(exec)('sh', ['-c', script], { timeout: 200, env: mark });
  expect(timedOut).toBe(true);
  expect(withMark(mark)).toEqual([]);
});

test('a program that ends in time may leave another one running', () => {
  const mark = markOf({ containerID: `in-time-${process.pid}`, ifname: 'net1' });
  const { code, stdout } = thorough(exec)('sh', ['-c', 'tail -f /dev/null >/dev/null 2>&1 & echo $!'], {
    timeout: 5000,
    env: mark,
  });
  expect({ code, stdout: [stdout] }).toEqual({ code: 0, stdout: withMark(mark) });
  process.kill(Number(stdout), 'SIGKILL');
});

function withMark(mark: Readonly<Record<string, string>>): readonly string[] {
  const [entry = ''] = Object.entries(mark).map((pair) => pair.join('='));
  return readdirSync('/proc').filter((pid) => /^\d+$/u.test(pid) && environmentOf(pid).split('\0').includes(entry));
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
