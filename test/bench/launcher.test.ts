import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLauncher, type Call, type Launcher } from '../../bench/launcher.ts';

describe('the launcher of the benchmark', () => {
  let launcher: Launcher;
  beforeEach(() => {
    launcher = startLauncher([]);
  });
  afterEach(() => launcher.stop());

  it('gives each call its input and environment, and hands back what came of it', async () => {
    const { calls } = await launcher.run([shell('cat; echo $WHO; echo oops >&2; exit 3', 'in ')], { atOnce: 1 });
    expect(calls).toMatchObject([{ code: 3, stdout: 'in me\n', stderr: 'oops\n' }]);
  });

  it('keeps the order of the calls, whoever ends first', async () => {
    const { calls } = await launcher.run([shell('read x; echo slow'), shell('echo quick')], { atOnce: 2 });
    expect(calls.map((call) => call.stdout)).toEqual(['slow\n', 'quick\n']);
  });

  it('runs no more at once than it is told', async () => {
    const { calls } = await launcher.run([shell('true'), shell('true'), shell('true')], { atOnce: 1 });
    const [first, second, third] = calls.map((call) => ({ from: call.atMs, until: call.atMs + call.ms }));
    expect(second?.from).toBeGreaterThanOrEqual(first?.until ?? Number.NaN);
    expect(third?.from).toBeGreaterThanOrEqual(second?.until ?? Number.NaN);
  });

  it('counts the time of what a call has started and waited for', async () => {
    const work = 'i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done';
    const { calls } = await launcher.run([shell('sh -c true; true'), shell(`sh -c '${work}'; true`)], { atOnce: 1 });
    expect(calls[1]?.cpuMs).toBeGreaterThan(2 * (calls[0]?.cpuMs ?? Number.NaN));
  });

  it('counts the time of what a call has left behind apart, and does not let it delay the call', async () => {
    const busy = '(i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done) >/dev/null 2>&1 &';
    const { calls, strayCpuMs, settledMs } = await launcher.run([shell(busy)], { atOnce: 1 });
    expect(strayCpuMs).toBeGreaterThan(calls[0]?.cpuMs ?? Number.NaN);
    expect(settledMs).toBeGreaterThan(calls[0]?.ms ?? Number.NaN);
  });

  it('sees how much memory a process used', async () => {
    const { calls } = await launcher.run([shell('i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done')], {
      atOnce: 1,
      sample: true,
    });
    expect(calls[0]?.peakKb).toBeGreaterThan(100);
    expect(calls[0]?.anonKb).toBeLessThan(calls[0]?.peakKb ?? 0);
  });
});

function shell(script: string, stdin = ''): Call {
  return { argv: ['sh', '-c', script], env: { PATH: '/usr/bin:/bin', WHO: 'me' }, stdin };
}
