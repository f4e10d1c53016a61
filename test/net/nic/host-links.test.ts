import { expect, it } from 'vitest';
import { readHostLinks, writeHostLinks } from '../../../src/net/nic/host-links.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { failureOf } from '../../failure-of.ts';

function printing(stdout: string, code = 0): Exec {
  return () => ({ code, stdout, stderr: 'why', timedOut: false });
}

it('reads what ip says of veth interfaces', () => {
  const links = [
    { ifname: 'a', mtu: 1500, flags: ['BROADCAST', 'UP'] },
    { ifname: 'b', mtu: 9000, flags: ['BROADCAST'] },
  ];
  expect([...readHostLinks(printing(JSON.stringify(links)))]).toEqual([
    ['a', { mtu: 1500, up: true }],
    ['b', { mtu: 9000, up: false }],
  ]);
  expect(readHostLinks(printing('')).size).toBe(0);
});

it.each([
  ['fails', printing('', 1), 'io: ip link show fails: why'],
  ['prints no JSON', printing('{'), 'io: ip printed something that is no JSON: {'],
  ['prints no list', printing('{}'), 'io: ip printed something that is no JSON: expected a list of links'],
])('says so when ip %s', (_, exec, message) => {
  expect(failureOf(() => readHostLinks(exec))).toContain(message);
});

it('administers all in one go', () => {
  let input = '';
  const exec: Exec = (_command, _args, options) => {
    input = String(options.input);
    return { code: 0, stdout: '', stderr: '', timedOut: false };
  };
  const up = { mtu: 1500, up: true };
  expect(
    writeHostLinks(
      exec,
      new Map([
        ['a', up],
        ['b', { ...up, mtu: 900 }],
      ]),
    ),
  ).toBe('');
  expect(input).toBe('link set dev a mtu 1500 up\nlink set dev b mtu 900 up\n');
});
