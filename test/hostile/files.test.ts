import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assert, asyncProperty, constantFrom, jsonValue, oneof, string, uint8Array } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attachmentKey } from '../../src/system/attachment-id.ts';
import { goodConfig, pool, startBench, type Bench } from './harness.ts';

// Files of the Node's own: nobody but root writes them, but disks fail, people edit, and other versions were here.

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.remove());

const key = attachmentKey({ containerID: 'sandbox', ifname: 'net1' });
const verbs = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'] as const;
const config = goodConfig({ 'cni.dev/valid-attachments': [], prevResult: { interfaces: [], ips: [] } });

describe('a Node file', () => {
  test.each([
    { content: '', code: 6 },
    { content: '{', code: 6 },
    { content: '[]', code: 6 },
    { content: '{"__proto__":{}}', code: 6 },
    { content: '{"vlan":1}', code: 7 },
    { content: '{"version":2}', code: 2 },
    { content: '{"bridge":"br 0"}', code: 7 },
    { content: '{"bridge":"br0\\n"}', code: 7 },
    { content: '{"bridges":["--db=x"]}', code: 7 },
    { content: '{"ovsdb":"tcp:1.2.3.4:6640"}', code: 7 },
    { content: '{"allowedVLANs":["9-1"]}', code: 7 },
    { content: '{"allowedVLANs":["4095"]}', code: 7 },
    { content: '{"dataDir":"relative"}', code: 7 },
    { content: '{"dataDir":"/a\\u0000b"}', code: 7 },
    { content: '{"dataDir":"/nonexistent","logFile":"/a\\u0000b"}', code: 7 },
    { content: '{"dataDir":"/nonexistent","ovsdb":"unix:/a\\u0000b"}', code: 7 },
    { content: '{"mtu":1e400}', code: 7 },
    { content: '{"timeoutSeconds":0}', code: 2 },
    { content: '{"store":"etcd"}', code: 2 },
    { content: '{"store":"kubernetes"}', code: 7 },
  ])('with $content is refused with code $code', async ({ content, code }) => {
    writeFileSync(bench.nodeFile, content);
    for (const command of verbs) {
      const answer = await bench.call({ command, config });
      expect({ code: answer.code, runs: answer.runs, changed: answer.changed }, answer.stdout).toEqual({
        code,
        runs: [],
        changed: false,
      });
    }
  });

  test('that is a folder, or is not there, is named in the refusal', async () => {
    for (const path of [bench.dataDir, '/nonexistent/node.json']) {
      const answer = await bench.call({ env: { ANTREA_NODE_CONFIG: path }, config });
      expect(answer.code).toBe(7);
      expect(answer.msg).toContain(path);
    }
  });
});

const places = {
  'journal entry': `attachments/${key}.json`,
  'foreign journal entry': 'attachments/x.json',
  pool: `pools/${pool}.json`,
  'record of an allocation': `allocations/${pool}/c0a800/02/1-1-1-1.json`,
  'stray file among allocations': `allocations/${pool}/c0a800/zz`,
} as const;

describe.each(Object.entries(places))('a %s', (_name, place) => {
  test('of any content is worth an error at most, and no defect', async () => {
    const path = join(bench.dataDir, place);
    const good = readFileSync(join(bench.dataDir, places.pool));
    const content = oneof(
      constantFrom('', '{', 'null', '[]', '{"version":1}', '{"version":2}', '{"version":1,"manifest":{}}', ...likeOurs),
      jsonValue().map((value) => JSON.stringify(value)),
      string({ unit: 'binary' }),
      uint8Array(),
    );
    await assert(
      asyncProperty(constantFrom(...verbs), content, async (command, bytes) => {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, bytes);
        const answer = await bench.call({ command, config });
        expect([undefined, 5, 7, 50, 101, 102, 103], answer.stdout).toContain(answer.code);
        bench.reset();
        writeFileSync(join(bench.dataDir, places.pool), good);
      }),
      { numRuns: 60 },
    );
  });

  test.each(verbs)('that is a folder makes %s fail properly, or does not matter', async (command) => {
    const path = join(bench.dataDir, place);
    rmSync(path, { force: true });
    mkdirSync(path, { recursive: true });
    const answer = await bench.call({ command, config });
    expect([undefined, 5, 7, 50, 101, 102, 103], answer.stdout).toContain(answer.code);
  });
});

const entry = { version: 1, containerID: 'sandbox', ifname: 'net1', network: 'net', netns: '/', hostInterface: 'lo' };
const likeOurs = [
  { ...entry, pools: ['../..'], addresses: [], confirmed: false },
  { ...entry, pools: [pool], addresses: [{ pool: '../../x', address: '10.0.0.1' }], confirmed: true },
  { ...entry, pools: [pool], addresses: [{ pool, address: 'x' }], confirmed: true },
  { ...entry, containerID: '../../x', ifname: '../y', pools: [], addresses: [], confirmed: true },
  { version: 1, poolUID: 'x', phase: 'Allocated', owner: { network: 'net', pod: {} } },
].map((value) => JSON.stringify(value));
