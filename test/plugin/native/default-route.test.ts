import { describe, expect, it } from 'vitest';
import { setDefaultRoutes } from '../../../src/plugin/native/default-route.ts';
import type { Outcome } from '../../../src/system/exec.ts';
import { failureOf } from '../../failure-of.ts';

const good: Outcome = { code: 0, stdout: '', stderr: '', timedOut: false };
const route = { family: 4, gateway: '10.0.0.1', ifname: 'net1' } as const;

/** @returns the orders that a Pod with these default routes is given */
function ordersWith(defaults: readonly object[], outcome: Partial<Outcome> = {}): readonly string[] {
  const orders: string[] = [];
  const exec = (_command: string, args: readonly string[], { input }: { readonly input?: string }): Outcome => {
    if (input === undefined) return { ...good, stdout: JSON.stringify(args.includes('-4') ? defaults : []) };
    orders.push(...input.trim().split('\n'));
    return { ...good, ...outcome };
  };
  setDefaultRoutes({ context: { exec } }, 3, [route]);
  return orders;
}

describe('the default route that a Pod asks for', () => {
  const append = 'route append default via 10.0.0.1 dev net1';
  const first = { dst: 'default', gateway: '10.244.0.1', dev: 'eth0' };
  const same = { dst: 'default', gateway: '10.0.0.1', dev: 'net1' };

  it.each([
    { there: 'none', defaults: [], orders: [append] },
    { there: 'another', defaults: [first], orders: [append, 'route delete default via 10.244.0.1 dev eth0'] },
    {
      there: 'one without gateway',
      defaults: [{ dst: 'default', dev: 'eth0' }],
      orders: [append, 'route delete default dev eth0'],
    },
    {
      there: 'the same, and another',
      defaults: [first, same],
      orders: ['route delete default via 10.244.0.1 dev eth0'],
    },
    { there: 'the same', defaults: [same], orders: [] },
  ])('takes the place of what there is: $there', ({ defaults, orders }) => {
    expect(ordersWith(defaults)).toStrictEqual(orders);
  });

  it.each([
    {
      outcome: { code: 2, stderr: 'RTNETLINK answers: Network is unreachable\nCommand failed -:1' },
      says: 'wiring: default-route 10.0.0.1 of net1 cannot be set: RTNETLINK answers: Network is unreachable',
    },
    { outcome: { code: null, timedOut: true }, says: 'unavailable: ip did not end in 5 s: is the Node overloaded?' },
  ])('$says', ({ outcome, says }) => {
    expect(failureOf(() => ordersWith([], outcome))).toBe(says);
  });
});
