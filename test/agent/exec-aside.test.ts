import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { execAside } from '../../src/agent/exec-aside.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

const options = { timeout: 20_000, input: '', env: {} };

describe('a program that the agent runs beside all else', () => {
  it('has input and environment, and gives what it wrote and how it ended', async () => {
    const args = ['-c', 'read line; echo "$line $NAME $LC_ALL"; echo oops >&2; exit 3'];
    const outcome = await execAside('sh', args, { ...options, input: 'hello\n', env: { NAME: 'you' } });
    expect(outcome).toStrictEqual({ code: 3, stdout: 'hello you C', stderr: 'oops', timedOut: false });
  });

  it('is called as it is told to be', async () => {
    const { stdout } = await execAside('sh', ['-c', 'cat /proc/$$/cmdline'], { ...options, name: 'antrea' });
    expect(stdout).toMatch(/^antrea\0-c\0/);
  });

  it('lets others go on', async () => {
    const { path } = await resources.use(makeTempDir('aside'));
    const program = execAside('sh', ['-c', `until [ -e ${path}/told ]; do sleep 0.01; done`], options);
    // It cannot end before this is done.
    await new Promise(setImmediate).then(() => writeFileSync(`${path}/told`, ''));
    expect(await program).toMatchObject({ code: 0, timedOut: false });
  });

  it.each([
    ['takes too long', 'exec sleep 30'],
    ['has left another one that holds its output', 'sleep 20 & exit 0'],
  ])('is given up when it %s', async (_, script) => {
    const begin = performance.now();
    expect(await execAside('sh', ['-c', script], { ...options, timeout: 50 })).toMatchObject({ timedOut: true });
    expect(performance.now() - begin).toBeLessThan(18_000);
  });

  it('is ended by a signal', async () => {
    const ending = new AbortController();
    const running = execAside('sleep', ['30'], { ...options, signal: ending.signal });
    ending.abort();
    expect(await running).toMatchObject({ code: null, timedOut: false });
  });

  it('is not kept in memory with all that it prints', async () => {
    const { stdout, timedOut } = await execAside('sh', ['-c', 'head -c 5000000 /dev/zero'], options);
    expect(timedOut).toBe(false);
    expect(stdout.length).toBeLessThan(2_000_000);
  });

  it('that is not there is said so', async () => {
    await expect(execAside('/no/such', [], options)).rejects.toThrow('/no/such cannot be run: spawn /no/such ENOENT');
  });
});
