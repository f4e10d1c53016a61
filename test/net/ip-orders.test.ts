import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressOrders,
  hostOrder,
  pairOrder,
  showOrder,
  upOrders,
  type ContainerLink,
  type HostLink,
} from '../../src/net/ip-orders.ts';
import { Failure } from '../../src/system/failure.ts';
import { failureOf } from '../failure-of.ts';

const link: ContainerLink = {
  name: 'net1',
  mac: '02:00:00:00:00:01',
  mtu: 1400,
  addresses: ['10.0.0.5/24', 'fd00::5/64'],
  routes: [
    { dst: '192.168.0.0/16' },
    { dst: '::/0', gw: 'fd00::1', mtu: 1300, advmss: 1200, priority: 5, table: 100, scope: 0 },
  ],
  acceptRA: undefined,
};
const host: HostLink = { name: 'avabc', mac: '02:00:00:00:00:02', alias: 'shop/web-0/net1' };

describe('orders for ip -batch', () => {
  it('make the pair with the host end, up, in the netns of the host, and show that it is there', () => {
    expect(pairOrder({ host, link })).toBe(
      'link add name avabc netns /proc/self/fd/4 mtu 1400 address 02:00:00:00:00:02 up type veth peer name net1 mtu 1400 address 02:00:00:00:00:01',
    );
    expect(showOrder({ host, link })).toBe('link show dev net1');
  });

  it('add addresses that can be used at once', () => {
    expect(addressOrders(link).split('\n')).toStrictEqual([
      'address replace 10.0.0.5/24 broadcast + dev net1',
      'address replace fd00::5/64 nodad dev net1',
    ]);
    expect(addressOrders({ ...link, addresses: [] })).toBe('');
  });

  it('bring the link up before its routes', () => {
    expect(upOrders(link).split('\n')).toStrictEqual([
      'link set dev net1 up',
      'route append 192.168.0.0/16 dev net1',
      'route append ::/0 via fd00::1 dev net1 metric 5 table 100 scope 0 mtu 1300 advmss 1200',
    ]);
  });

  it.each([
    { name: 'an address of no kind', mtu: 1280, hasIPv6: true, order: ' addrgenmode none' },
    { name: 'no IPv6 below its least MTU', mtu: 1279, hasIPv6: true, order: '' },
    { name: 'no IPv6 where there is none', mtu: 1400, hasIPv6: false, order: '' },
  ])("give the host's end $name", ({ mtu, hasIPv6, order }) => {
    const line = hostOrder({ host, link: { ...link, mtu } }, hasIPv6);
    expect(line).toBe(`link set dev avabc alias shop/web-0/net1${order}`);
  });

  it('cut an alias to what the kernel takes', () => {
    const line = hostOrder({ host: { ...host, alias: 'x'.repeat(300) }, link }, false);
    expect(line).toBe(`link set dev avabc alias ${'x'.repeat(255)}`);
  });

  it.each(['a b', 'a\nlink delete eth0', 'a"', "a'", 'a\\', 'a#', '', 'a;b', 'ä'])(
    'never have %j in a line',
    (text) => {
      expect(failureOf(() => hostOrder({ host: { ...host, alias: text }, link }, true))).toMatch(/^wiring: /u);
      expect(failureOf(() => pairOrder({ host, link: { ...link, name: text } }))).toMatch(
        /^wiring: .* cannot be passed to ip/u,
      );
      expect(failureOf(() => addressOrders({ ...link, addresses: [text] }))).toMatch(/^wiring: /u);
      expect(failureOf(() => upOrders({ ...link, routes: [{ dst: '::/0', gw: text }] }))).toMatch(/^wiring: /u);
    },
  );

  it('have one line an order, whatever the texts are', () => {
    assert(
      property(string(), string(), (name, dst) => {
        try {
          expect(upOrders({ ...link, name, routes: [{ dst }] }).split('\n')).toHaveLength(2);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});
