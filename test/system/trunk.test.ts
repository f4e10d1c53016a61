import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, succeeded } from '../fixture/outcome.ts';
import { createResources } from '../fixture/resources.ts';
import { attachment, hostInterfaceOf, network, noTraces, startBed, type Bed, type Pod } from './bed.ts';
import { listen, send } from './frames.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ nodeFile: { allowedVLANs: ['0', '10-13', '100', '200'], allowedTrunks: ['10-12'] } });
});
afterAll(() => bed.stop());
const resources = createResources();
afterEach(resources.release);

async function attached(conf: object): Promise<Pod & { readonly hostInterface: string }> {
  const pod = await bed.pod();
  const wanted = attachment(pod, network(conf));
  const added = await bed.runtime.add(wanted);
  resources.defer(async () => succeeded(await bed.runtime.del(wanted)));
  return { ...pod, hostInterface: hostInterfaceOf(added) };
}

const ear = async (pod: Pod) => resources.use(listen(pod));

describe('an access port', () => {
  it.each([{ vlan: 0 }, { vlan: 100 }])(
    'of VLAN $vlan is no trunk: frames that the Pod tags reach nobody',
    async ({ vlan }) => {
      const [sender, peer, victim, marker] = [
        await attached({ vlan }),
        await attached({ vlan }),
        await attached({ vlan: 200 }),
        await attached({ vlan: 200 }),
      ];
      const [atPeer, atVictim] = [await ear(peer), await ear(victim)];
      await send(sender, { tag: 200, text: 'smuggled' }, { tag: 0, text: 'plain' });
      expect(await atPeer.heardUntil('plain')).toStrictEqual([{ tag: 0, text: 'plain' }]);
      await send(marker, { tag: 0, text: 'end' });
      expect(await atVictim.heardUntil('end')).toStrictEqual([{ tag: 0, text: 'end' }]);
    },
  );
});

describe('a trunk', () => {
  it('carries the listed VLANs with their tags, and nothing else', async () => {
    const trunk = await attached({ vlan: undefined, trunk: [{ minID: 10, maxID: 12 }, { id: 11 }] });
    const [ten, untagged] = [await attached({ vlan: 10 }), await attached({ vlan: 0 })];
    const thirteen = await attached({ vlan: 13 });
    expect(await bed.port(trunk.hostInterface)).toMatchObject({
      vlan_mode: 'trunk',
      tag: undefined,
      trunks: [10, 11, 12],
    });
    const [atTen, atUntagged, atThirteen] = [await ear(ten), await ear(untagged), await ear(thirteen)];
    const atTrunk = await ear(trunk);
    await send(trunk, { tag: 13, text: 'not listed' }, { tag: 0, text: 'untagged' }, { tag: 10, text: 'listed' });
    expect(await atTen.heardUntil('listed')).toStrictEqual([{ tag: 0, text: 'listed' }]);
    await send(await attached({ vlan: 0 }), { tag: 0, text: 'end' });
    expect(await atUntagged.heardUntil('end')).toStrictEqual([{ tag: 0, text: 'end' }]);
    await send(await attached({ vlan: 13 }), { tag: 0, text: 'end' });
    expect(await atThirteen.heardUntil('end')).toStrictEqual([{ tag: 0, text: 'end' }]);
    await send(ten, { tag: 0, text: 'answer' });
    expect(await atTrunk.heardUntil('answer')).toStrictEqual([{ tag: 10, text: 'answer' }]);
  });

  it('with a VLAN has it as native VLAN: untagged frames belong to it', async () => {
    const trunk = await attached({ vlan: 100, trunk: [{ id: 10 }] });
    const [native, ten] = [await attached({ vlan: 100 }), await attached({ vlan: 10 })];
    const port = await bed.port(trunk.hostInterface);
    expect(port).toMatchObject({ vlan_mode: 'native-untagged', tag: 100 });
    const [atNative, atTen, atTrunk] = [await ear(native), await ear(ten), await ear(trunk)];
    await send(trunk, { tag: 10, text: 'tagged' }, { tag: 0, text: 'untagged' });
    expect(await atNative.heardUntil('untagged')).toStrictEqual([{ tag: 0, text: 'untagged' }]);
    expect(await atTen.heardUntil('tagged')).toStrictEqual([{ tag: 0, text: 'tagged' }]);
    await send(native, { tag: 0, text: 'from 100' });
    await send(ten, { tag: 0, text: 'from 10' });
    expect(await atTrunk.heardUntil('from 10')).toStrictEqual([
      { tag: 0, text: 'from 100' },
      { tag: 10, text: 'from 10' },
    ]);
  });
});

describe('refused before anything is made', () => {
  it.each([
    { conf: { vlan: undefined, trunk: [{ minID: 10, maxID: 4096 }] }, code: 2, says: 'trunk[0].maxID 4096' },
    { conf: { vlan: undefined, trunk: [{ minID: 12, maxID: 10 }] }, code: 7, says: 'trunk[0]' },
    { conf: { vlan: undefined, trunk: [{ minID: 12 }] }, code: 7, says: 'trunk[0]' },
    { conf: { vlan: undefined, trunk: [{ id: 1, minID: 1, maxID: 2 }] }, code: 7, says: 'trunk[0]' },
    { conf: { vlan: undefined, trunk: [] }, code: 7, says: 'trunk []' },
    { conf: { vlan: undefined, trunk: [{ id: 13 }] }, code: 2, says: 'trunk VLAN 13 is not allowed' },
    { conf: { vlan: 99 }, code: 2, says: 'vlan 99 is not allowed' },
    { conf: { vlan: 99, trunk: [{ id: 10 }] }, code: 2, says: 'vlan 99 is not allowed' },
    { conf: { vlan: 4095 }, code: 2, says: 'vlan 4095' },
    { conf: { vlan: -200 }, code: 2, says: 'vlan -200' },
    { conf: { vlan: '100' }, code: 7, says: 'vlan "100"' },
    { conf: { mtu: -1 }, code: 2, says: 'mtu -1' },
    { conf: { mtu: 67 }, code: 2, says: 'mtu 67' },
    { conf: { networkType: 'sriov' }, code: 2, says: 'networkType "sriov"' },
    { conf: { networkType: undefined }, code: 7, says: 'networkType is missing' },
    { conf: { ipam: { type: 'x' } }, code: 7, says: 'plugin x is in none of the folders' },
    { conf: { bridge: 'br-int' }, code: 2, says: 'bridge br-int' },
    { conf: { mac: 'invalid-mac' }, code: 7, says: 'mac "invalid-mac"' },
    { conf: { mac: '01:00:5e:00:00:01' }, code: 7, says: 'multicast' },
    { conf: { capabilities: { bandwidth: true } }, code: 2, says: 'capabilities.bandwidth' },
    { conf: { type: 'macvlan' }, code: 2, says: 'neither type "macvlan"' },
  ])('$conf: code $code, naming $says', async ({ conf, code, says }) => {
    const pod = await bed.pod();
    const error = errorOf(await bed.runtime.add(attachment(pod, network(conf))));
    expect(error.code).toBe(code);
    expect(error.msg).toContain(says);
    expect(await bed.traces()).toStrictEqual(noTraces);
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
  });
});
