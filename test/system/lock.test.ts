import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withLock } from '../../src/system/lock.ts';
import { pause } from '../../src/system/time.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { until } from '../fixture/until.ts';
import { rejectionOf } from '../failure-of.ts';

const resources = createResources();
afterEach(resources.release);
let dir: string;
let folder: string;
beforeEach(async () => {
  dir = (await resources.use(makeTempDir())).path;
  folder = join(dir, 'locks/key');
});

const never = () => {
  throw new Error('nobody has died');
};
const lock = (timeout: number, onDeadHolder: () => void = never) => ({ folder, timeout, pause, onDeadHolder });

const program = (work: string) => `
  const [{ withLock }, { pause }] = await Promise.all([
    import(${JSON.stringify(new URL('../../src/system/lock.ts', import.meta.url).href)}),
    import(${JSON.stringify(new URL('../../src/system/time.ts', import.meta.url).href)}),
  ]);
  const fs = await import('node:fs');
  const lock = { folder: ${JSON.stringify(folder)}, timeout: 30000, pause, onDeadHolder() {} };
  ${work}
`;

function start(work: string): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(work)], { stdio: 'inherit' });
  resources.defer(() => child.kill('SIGKILL'));
  return child;
}

/** A process that holds the lock until it is killed. */
async function startHolder(): Promise<ChildProcess> {
  const held = join(dir, 'held');
  const child = start(`await withLock(lock, async () => {
    fs.writeFileSync(${JSON.stringify(held)}, '');
    await new Promise(() => setInterval(() => {}, 1000));
  });`);
  await until(() => existsSync(held), { what: 'the other process to hold the lock' });
  return child;
}

function fillDisk(): void {
  const none = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  vi.spyOn(fs, 'mkdirSync').mockImplementation(() => {
    throw none;
  });
  vi.spyOn(fs, 'writeFileSync').mockImplementation(() => {
    throw none;
  });
}

describe('where the disk has no room for a lock', () => {
  afterEach(() => vi.restoreAllMocks());

  it('nobody gets it but who takes away', async () => {
    fillDisk();
    expect(await rejectionOf(withLock(lock(0), async () => 1))).toBe(`io: ${folder} cannot be written: ENOSPC`);
    expect(await withLock({ ...lock(0), evenIfFull: true }, async () => 1)).toBe(1);
  });

  it('nor that one while another process holds it', async () => {
    await startHolder();
    fillDisk();
    expect(await rejectionOf(withLock({ ...lock(50), evenIfFull: true }, async () => 1))).toContain('still running');
  });
});

describe('a lock', () => {
  it('leaves nothing behind, and gives the answer, or the error, of the work', async () => {
    expect(await withLock(lock(0), async () => readdirSync(folder).length)).toBe(1);
    const failing = withLock(lock(0), async () => {
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(existsSync(folder)).toBe(false);
  });

  it('that a living process holds is waited for, and not for ever', async () => {
    const holder = await startHolder();
    expect(await rejectionOf(withLock(lock(50), async () => 1))).toBe(
      `unavailable: another call for this attachment is still running (process ${holder.pid})`,
    );
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('is waited for as long as it is meant to be, also when somebody sets the clock meanwhile', async () => {
    const holder = await startHolder();
    let now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => (now += 3_600_000));
    const killing = (milliseconds: number): void => {
      holder.kill('SIGKILL');
      pause(milliseconds);
    };
    const ended = { ...lock(20_000, () => {}), pause: killing };
    expect(await withLock(ended, async () => 'free')).toBe('free');
    clock.mockRestore();
  });

  it('of a process that was killed is free, and whoever gets it is told first', async () => {
    const holder = await startHolder();
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
    const told: string[] = [];
    await withLock(
      lock(0, () => told.push('died')),
      async () => void told.push('works'),
    );
    expect(told).toStrictEqual(['died', 'works']);
    expect(existsSync(folder)).toBe(false);
  });

  it('of a process whose number another one has by now is free', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${process.pid}.1`), '');
    const told: string[] = [];
    await withLock(
      lock(0, () => told.push('died')),
      async () => {},
    );
    expect(told).toStrictEqual(['died']);
  });

  it('is held by one process at a time', async () => {
    const counter = join(dir, 'counter');
    writeFileSync(counter, '0');
    const rounds = 100;
    const work = `for (let round = 0; round < ${rounds}; round++) await withLock(lock, async () => {
      const before = Number(fs.readFileSync(${JSON.stringify(counter)}, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
      fs.writeFileSync(${JSON.stringify(counter)}, String(before + 1));
    });`;
    const children = [start(work), start(work)];
    const codes = await Promise.all(children.map(async (child) => once(child, 'exit')));
    expect(codes.map(([code]: readonly unknown[]) => code)).toStrictEqual([0, 0]);
    expect(readFileSync(counter, 'utf8')).toBe(String(2 * rounds));
    expect(existsSync(folder)).toBe(false);
  });
});
