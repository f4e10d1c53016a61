import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Desk, openDesk } from './command-line.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

it.each([
  [
    'a time without a unit',
    ['--cleanup-grace', '15'],
    2,
    'Expected a number above 0 with a unit, such as 90s, 15m, 24h or 7d.',
  ],
  ['a Lease for days', ['--lease-duration', '30d'], 2, 'Expected 1h at most.'],
  [
    'an address without a port',
    ['--listen', '127.0.0.1'],
    1,
    '--listen "127.0.0.1" is malformed: expected "ADDRESS:PORT"',
  ],
  ['an argument', ['start'], 2, 'too many arguments'],
  ['no way to a cluster', [], 1, 'no way to the API server is known: expected --kubeconfig, $KUBECONFIG'],
  ['a kubeconfig that is not there', ['--kubeconfig', '/nonexistent'], 1, 'the kubeconfig /nonexistent cannot be read'],
] as const)('antrea controller does not start with %s', async (...[, args, code, message]) => {
  const answer = await desk.antrea(['controller', ...args], '', { HOME: desk.dir });
  expect(answer).toMatchObject({ code, stdout: '' });
  expect(answer.stderr).toContain(message);
});
