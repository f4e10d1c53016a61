import { describe, expect, it } from 'vitest';
import { distinctRoutes } from '../../src/plugin/routes.ts';
import { failureOf } from '../failure-of.ts';

const four = '10.9.0.0/16';
const six = '2001:db8::/32';
const ips = [
  { address: '10.0.0.5/24', gateway: '10.0.0.1' },
  { address: 'fd00::5/64', gateway: 'fd00::1' },
];

describe('two routes of a network', () => {
  it.each([
    { what: 'that are equal', one: { dst: four, gw: '10.0.0.9' }, other: { dst: four, gw: '10.0.0.9' } },
    { what: 'of which one names the gateway', one: { dst: four }, other: { dst: four, gw: '10.0.0.1' } },
    { what: 'of which one names the table main', one: { dst: six }, other: { dst: six, table: 254 } },
    { what: "of which one names IPv6's own metric", one: { dst: six, priority: 1024 }, other: { dst: six } },
    { what: 'of which one names the scope', one: { dst: four, scope: 0 }, other: { dst: four } },
    { what: 'of which one has no MTU in figures', one: { dst: four, mtu: 0 }, other: { dst: four } },
  ])('$what are one', ({ one, other }) => {
    expect(distinctRoutes([one, other], ips)).toStrictEqual([one]);
  });

  it.each([
    { what: 'destinations', one: { dst: four }, other: { dst: '10.9.0.0/17' } },
    { what: 'next hops', one: { dst: six, gw: 'fd00::2' }, other: { dst: six, gw: 'fd00::3' } },
    { what: 'metrics', one: { dst: four, priority: 1024 }, other: { dst: four } },
    { what: 'tables', one: { dst: four, table: 100 }, other: { dst: four } },
    { what: 'scopes', one: { dst: four, gw: '10.0.0.1', scope: 253 }, other: { dst: four } },
  ])('with other $what are two', ({ one, other }) => {
    expect(distinctRoutes([one, other], ips)).toStrictEqual([one, other]);
  });

  it.each([
    { one: { dst: four, mtu: 1400 }, other: { dst: four } },
    { one: { dst: six, advmss: 1200 }, other: { dst: six, gw: 'fd00::1', advmss: 1300 } },
  ])('that contradict each other are refused: $one, $other', ({ one, other }) => {
    const both = `${JSON.stringify(one)} and ${JSON.stringify(other)}`;
    expect(failureOf(() => distinctRoutes([one, other], ips))).toContain(
      `config: ipam.routes has ${both}: expected one`,
    );
  });
});
