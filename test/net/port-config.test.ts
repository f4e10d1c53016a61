import { assert, constantFrom, integer, option, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseVlans } from '../../src/config/vlans.ts';
import { portVlans, refuseForeignVlans, type PortVlans } from '../../src/net/port-config.ts';
import { failureOf } from '../failure-of.ts';

const trunk = [{ minID: 10, maxID: 12 }, { id: 11 }, { id: 3 }];

describe('portVlans', () => {
  it.each([
    { vlan: 101, poolVlan: undefined, port: { mode: 'access', tag: 101 } },
    { vlan: 101, poolVlan: 102, port: { mode: 'access', tag: 101 } },
    { vlan: 0, poolVlan: 101, port: { mode: 'access', tag: 101 } },
    { vlan: undefined, poolVlan: 101, port: { mode: 'access', tag: 101 } },
    { vlan: 0, poolVlan: 0, port: { mode: 'access', tag: 0 } },
    { vlan: undefined, poolVlan: undefined, port: { mode: 'access', tag: 0 } },
  ])('vlan $vlan and a pool of $poolVlan: $port', ({ vlan, poolVlan, port }) => {
    expect(portVlans({ vlan, poolVlan, trunk: undefined })).toStrictEqual(port);
  });

  it.each([
    { vlan: undefined, poolVlan: undefined, port: { mode: 'trunk', trunks: [3, 10, 11, 12] } },
    { vlan: undefined, poolVlan: 7, port: { mode: 'native-untagged', tag: 7, trunks: [3, 10, 11, 12] } },
    { vlan: 5, poolVlan: undefined, port: { mode: 'native-untagged', tag: 5, trunks: [3, 10, 11, 12] } },
    { vlan: 0, poolVlan: undefined, port: { mode: 'native-untagged', tag: 0, trunks: [3, 10, 11, 12] } },
  ])('a trunk with vlan $vlan and a pool of $poolVlan: $port', ({ vlan, poolVlan, port }) => {
    expect(portVlans({ vlan, poolVlan, trunk })).toStrictEqual(port);
  });

  it.each([[{}], [{ minID: 1 }], [{ maxID: 1 }], [{ id: 1, maxID: 2 }], [{ minID: 2, maxID: 1 }]])(
    'a trunk of %j is refused',
    (item) => {
      expect(failureOf(() => portVlans({ vlan: 1, poolVlan: 1, trunk: [{ id: 1 }, item] }))).toMatch(
        /^config: trunk\[1\] .*: it is \{/u,
      );
    },
  );

  it('never makes a port that takes any tag: OVS makes one of a port without mode', () => {
    const vlan = option(integer({ min: 0, max: 4094 }), { nil: undefined });
    assert(
      property(vlan, vlan, constantFrom(undefined, trunk), (own, poolVlan, wanted) => {
        const port = portVlans({ vlan: own, poolVlan, trunk: wanted });
        expect('tag' in port || port.trunks.length > 0).toBe(true);
        expect(port.mode === 'access').toBe(wanted === undefined);
      }),
    );
  });
});

describe('refuseForeignVlans', () => {
  const allowed = { access: parseVlans(['100', '0'], 'x'), trunk: parseVlans(['200-210'], 'x') };

  it.each<PortVlans>([
    { mode: 'access', tag: 100 },
    { mode: 'access', tag: 0 },
    { mode: 'trunk', trunks: [200, 210] },
    { mode: 'native-untagged', tag: 100, trunks: [205] },
  ])('lets %j pass', (port) => {
    expect(() => refuseForeignVlans(port, allowed)).not.toThrow();
  });

  it.each<{ port: PortVlans; says: string }>([
    { port: { mode: 'access', tag: 200 }, says: 'vlan 200 is not allowed on this Node: allowedVLANs lists 100, 0' },
    { port: { mode: 'trunk', trunks: [200, 211] }, says: 'trunk VLAN 211 is not allowed on this Node: allowedTrunks' },
    { port: { mode: 'native-untagged', tag: 1, trunks: [200] }, says: 'vlan 1 is not allowed' },
    { port: { mode: 'native-untagged', tag: 100, trunks: [100] }, says: 'trunk VLAN 100 is not allowed' },
  ])('refuses $port', ({ port, says }) => {
    expect(failureOf(() => refuseForeignVlans(port, allowed))).toContain(`unsupported: ${says}`);
  });

  it('says what vlan 0 is', () => {
    expect(() => {
      refuseForeignVlans({ mode: 'access', tag: 0 }, { access: [], trunk: undefined });
    }).toThrow(expect.objectContaining({ details: expect.stringContaining('untagged') as unknown }));
  });

  it('an empty list allows none, a missing one all', () => {
    const port: PortVlans = { mode: 'access', tag: 0 };
    expect(failureOf(() => refuseForeignVlans(port, { access: [], trunk: [] }))).toContain('lists none');
    expect(() => refuseForeignVlans(port, { access: undefined, trunk: undefined })).not.toThrow();
  });
});
