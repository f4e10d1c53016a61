import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { antreaExecutable, createRuntime } from '../fixture/runtime.ts';
import { errorOf } from '../fixture/outcome.ts';
import { goodConfig, goodEnv, startBench, type Bench } from './harness.ts';

// A sample of what the other files try in this process: through the real executable, its environment and its pipes.

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.remove());

const good = JSON.stringify(goodConfig());

describe.skipIf(!existsSync(antreaExecutable()))('the executable', () => {
  test.each([
    { what: 'a line break in the ifname', env: { CNI_IFNAME: 'a\nlink delete lo' }, config: good, code: 4 },
    { what: 'an ifname of bytes that are no text', env: { CNI_IFNAME: '\uFFFD' }, config: good, code: 4 },
    { what: 'an option as container ID', env: { CNI_CONTAINERID: '--db=x' }, config: good, code: 4 },
    { what: '100 kB of CNI_ARGS', env: { CNI_ARGS: 'a=b;'.repeat(25_000) }, config: good, code: 4 },
    { what: 'a folder as netns', env: { CNI_NETNS: '/' }, config: good, code: 8 },
    { what: 'a device without end as netns', env: { CNI_NETNS: '/dev/zero' }, config: good, code: 8 },
    { what: 'nothing on standard input', env: {}, config: '', code: 6 },
    { what: 'a NUL byte after the configuration', env: {}, config: `${good}\0`, code: 6 },
    { what: 'invalid UTF-8', env: {}, config: Buffer.from('{"name":"\u00FF"}', 'latin1'), code: 6 },
    { what: 'a million brackets', env: {}, config: '['.repeat(1_000_000), code: 6 },
    { what: '8 MB', env: {}, config: `{"name":"${'x'.repeat(8_000_000)}"}`, code: 6 },
    { what: 'the key __proto__', env: {}, config: '{"__proto__":{"name":"net"}}', code: 6 },
    { what: 'a VLAN of 1e400', env: {}, config: good.replace('100', '1e400'), code: 7 },
    { what: 'a VLAN of 4095', env: {}, config: good.replace('100', '4095'), code: 2 },
  ])('refuses $what with code $code and does not print a stack trace', async ({ env, config, code }) => {
    const runtime = createRuntime({ env: { ...goodEnv, CNI_NETNS_OVERRIDE: '1', ANTREA_NODE_CONFIG: bench.nodeFile } });
    const { CNI_CONTAINERID: containerId, CNI_IFNAME: ifname, CNI_NETNS: netns } = { ...goodEnv, ...env };
    const outcome = await runtime.add({ config, containerId, ifname, netns, env });
    expect(errorOf(outcome).code).toBe(code);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout + outcome.stderr).not.toMatch(/\.[cm]?js:\d+|\n\s+at /u);
  });
});
