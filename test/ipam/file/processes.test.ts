import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { releaseFound } from '../../../src/ipam/release.ts';
import { manifest, owner } from '../sample.ts';
import { collect, next } from '../store-conformance.ts';
import { openTemporary } from './temporary.ts';
import type { TemporaryStore } from './temporary.ts';

const node = join(import.meta.dirname, '../../../node_modules/.bin/node');

/** The worker as one file of JavaScript: it starts in a third of the time. */
let bundle: TemporaryStore;
let script: string;

beforeAll(() => {
  bundle = openTemporary('disk');
  script = join(bundle.dataDir, 'worker.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'worker.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
  });
});

afterAll(async () => bundle.close());

let temporary: TemporaryStore;
let workers: Worker[];

beforeEach(() => {
  temporary = openTemporary('disk');
  workers = [];
});

afterEach(async () => {
  for (const { child } of workers) child.kill('SIGKILL');
  await Promise.all(workers.map(({ ended }) => ended));
  await temporary.close();
});

interface Worker {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
  readonly ended: Promise<unknown>;
}

async function start(mode: 'allocate' | 'churn', containerID: string): Promise<Worker> {
  const child = spawn(node, [script, mode, temporary.dataDir, containerID], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const worker = { child, lines, ended: once(child, 'exit') };
  workers.push(worker);
  expect((await lines.next()).value).toBe('ready');
  return worker;
}

async function startMany(mode: 'allocate' | 'churn', count: number): Promise<Worker[]> {
  return Promise.all(Array.from({ length: count }, async (_, index) => start(mode, `w${workers.length}-${index}`)));
}

function go({ child }: Worker): void {
  child.stdin?.end('g');
}

describe('many processes at once', () => {
  it('get one address each, to the last one of the pool, and the next one is told that it is exhausted', async () => {
    const count = 24;
    await temporary.admin.applyPool(
      manifest({ name: 'p', ranges: [`10.0.0.248-10.0.1.${count - 9}`], gateway: '10.0.0.1', prefixLength: 8 }),
      { force: false },
    );
    const many = await startMany('allocate', count);
    many.forEach(go);
    const given = await Promise.all(many.map(async ({ lines }) => String((await lines.next()).value)));
    expect(given).not.toContain('exhausted');
    expect(new Set(given).size).toBe(count);
    expect(await next(temporary.store, 'p')).toBeUndefined();
    expect(await collect(temporary.store.find({}))).toHaveLength(count);
  });

  it('take and release in a nearly full pool, are killed, and no address is lost or given twice', async () => {
    const size = 300;
    const count = 10;
    const killed = 5;
    await temporary.admin.applyPool(
      manifest({ name: 'p', ranges: ['10.0.0.200-10.0.1.243'], gateway: '10.0.0.1', prefixLength: 8 }),
      { force: false },
    );
    // Free: one for each worker, and one for each that dies with an address in its hands.
    for (let index = 0; index < size - count - killed; index += 1) await next(temporary.store, 'p', 'filler');
    const many = await startMany('churn', count);
    many.forEach(go);
    const complaints = Promise.race(many.map(async ({ lines }): Promise<unknown> => (await lines.next()).value));
    for (const { child, ended } of many.slice(0, killed)) {
      await turns(30);
      child.kill('SIGKILL');
      await ended;
    }
    await turns(30);
    for (const { child, ended } of many) {
      child.kill('SIGKILL');
      await ended;
    }
    expect(await complaints).toBeUndefined();
    await expectWhole(size);
  });
});

/** Awaits that the workers have had time for as many allocations of our own. */
async function turns(count: number): Promise<void> {
  const { store } = temporary;
  const pool = await store.readPool('p');
  for (let index = 0; index < count; index += 1) {
    for await (const candidate of store.candidates(pool)) {
      const { created, allocation } = await store.create(pool, candidate, owner('turn'));
      if (!created) continue;
      await store.release(allocation);
      break;
    }
  }
}

async function expectWhole(size: number): Promise<void> {
  const { store } = temporary;
  const held = await collect(store.find({}));
  expect(held.length).toBeLessThanOrEqual(size);
  let free = 0;
  while ((await next(store, 'p', 'last')) !== undefined) free += 1;
  expect(held.length + free).toBe(size);
  await releaseFound({ store, filter: {} });
  expect(await collect(store.find({}))).toStrictEqual([]);
}
