import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { exec, type Exec } from '../../src/system/exec.ts';
import { expectHarmlessOrders } from './expectations.ts';
import { goodConfig, startBench, succeed, type Answer, type Bench } from './harness.ts';

// An IPAM plugin of somebody else's, as a shell script; the plugin's own programs are not run.

const programs: Exec = (command, args, options) =>
  command.endsWith('/evil') ? exec(command, args, options) : succeed(command, args);

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ exec: programs });
});
afterAll(() => bench.remove());

describe('an IPAM plugin that prints on ADD', () => {
  test.each([
    { what: 'nothing', script: 'true', code: 101 },
    { what: 'what is no JSON', script: 'echo hello', code: 6 },
    { what: 'half a result', script: `printf '{"ips":[{"address":'`, code: 6 },
    { what: 'bytes that are no text', script: `printf '{"a":"\\377\\376"}'`, code: 101 },
    { what: 'an array', script: 'echo []', code: 6 },
    { what: 'the key __proto__', script: `echo '{"__proto__":{},"ips":[{"address":"10.0.0.5/24"}]}'`, code: 6 },
    { what: '5 MB', script: `head -c 5000000 /dev/zero | tr '\\0' x`, code: 6 },
    { what: '70 MB', script: `head -c 70000000 /dev/zero | tr '\\0' x`, code: 5 },
    { what: 'an object without ips', script: 'echo {}', code: 101 },
    { what: 'no ips', script: print({ ips: [] }), code: 101 },
    { what: 'ips of the wrong type', script: print({ ips: 'x' }), code: 101 },
    { what: 'an address of the wrong type', script: print({ ips: [{ address: 5 }] }), code: 101 },
    { what: 'an address without length', script: print({ ips: [{ address: '10.0.0.5' }] }), code: 101 },
    { what: 'words after the address', script: print({ ips: [{ address: '10.0.0.5/24 dev eth0' }] }), code: 101 },
    {
      what: 'a line after the address',
      script: print({ ips: [{ address: '10.0.0.5/24\nlink delete lo' }] }),
      code: 101,
    },
    { what: 'a gateway that is none', script: print({ ips: [{ address: '10.0.0.5/24', gateway: 'x y' }] }), code: 101 },
    { what: 'a route that is none', script: printRoute({ dst: 'default' }), code: 101 },
    { what: 'words after a route', script: printRoute({ dst: '10.1.0.0/16 table 5' }), code: 101 },
    { what: 'a next hop of another family', script: printRoute({ dst: '10.1.0.0/16', gw: 'fe80::1' }), code: 101 },
    { what: 'a route with a fraction', script: printRoute({ dst: '10.1.0.0/16', priority: 1.5 }), code: 101 },
    { what: 'ten thousand routes', script: printMany(10_000), code: 101 },
    { what: 'an error', script: `echo '{"code":42,"msg":"full"}'; exit 1`, code: 42 },
    { what: 'an error of code 0', script: `echo '{"code":0,"msg":"full"}'; exit 1`, code: 101 },
    { what: 'an error of code 1e400', script: `echo '{"code":1e400,"msg":"full"}'; exit 1`, code: 101 },
    { what: 'an error of a code that is a text', script: `echo '{"code":"7","msg":"full"}'; exit 1`, code: 101 },
    { what: 'a result, and fails', script: `${print({ ips: [{ address: '10.0.0.5/24' }] })}; exit 1`, code: 101 },
    {
      what: 'a result, and is killed',
      script: `${print({ ips: [{ address: '10.0.0.5/24' }] })}; kill -9 $$`,
      code: 101,
    },
    { what: 'a stack trace, and fails', script: 'seq 100000 >&2; exit 2', code: 101 },
  ])('$what: ADD fails, has it undone, and makes nothing', async ({ script, code }) => {
    const answer = await add(script);
    expect({ code: answer.code, changed: answer.changed }, answer.stdout).toEqual({ code, changed: false });
    expect(answer.stdout.length).toBeLessThan(10_000);
    expect(verbs(answer)).toEqual(['ADD', 'DEL']);
  });

  test('nothing, and does not end: ADD ends in time, to be tried again', async () => {
    const hasty = await startBench({ exec: programs, timeoutSeconds: 4 });
    onTestFinished(hasty.remove);
    const answer = await add('exec tail -f /dev/null', hasty);
    expect({ code: answer.code, changed: answer.changed }).toEqual({ code: 11, changed: false });
    expect(verbs(answer)).toEqual(['ADD', 'DEL']);
  });

  test('a good result, with harmless additions: it is taken', async () => {
    const answer = await add(
      print({ ips: [{ address: '10.0.0.5/24', gateway: '' }], routes: [{ dst: '10.1.2.3/16', gw: '' }], x: '\u0000' }),
    );
    expect(answer.exit, answer.stdout).toBe(0);
    const ours = answer.runs.filter(({ env }) => env?.['CNI_COMMAND'] === undefined);
    expectHarmlessOrders({ ...answer, runs: ours });
    expect(ours[0]?.input).toContain('route append 10.1.0.0/16 dev net1');
  });
});

async function add(script: string, { dataDir, reset, call }: Bench = bench): Promise<Answer> {
  const folder = join(dataDir, '../plugins');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'evil'), `#!/bin/sh\ncat >/dev/null\n[ $CNI_COMMAND = ADD ] || exit 0\n${script}\n`);
  chmodSync(join(folder, 'evil'), 0o755);
  reset();
  return call({ env: { CNI_PATH: folder }, config: goodConfig({ ipam: { type: 'evil' } }) });
}

function verbs({ runs }: Answer): readonly (string | undefined)[] {
  return runs.flatMap(({ env }) => env?.['CNI_COMMAND'] ?? []);
}

function print(result: object): string {
  const text = JSON.stringify({ cniVersion: '1.1.0', ...result });
  return `cat <<'END'\n${text}\nEND\n:`;
}

function printRoute(route: object): string {
  return print({ ips: [{ address: '10.0.0.5/24' }], routes: [route] });
}

function printMany(count: number): string {
  return print({
    ips: [{ address: '10.0.0.5/24' }],
    routes: Array.from({ length: count }, () => ({ dst: '10.1.0.0/16' })),
  });
}
