import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { succeeded, type Outcome } from '../fixture/outcome.ts';
import type { Attachment } from '../fixture/runtime.ts';
import {
  attachment,
  hostInterfaceOf,
  ipam,
  network,
  noTraces,
  refusal,
  startBed,
  type Bed,
  type Traces,
} from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyPools(
    { name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1', vlan: 100 },
    { name: 'other-four', ranges: ['10.10.2.10-10.10.2.60'], gateway: '10.10.2.1', vlan: 200 },
  );
});
afterAll(() => bed.stop());

const conf = network(ipam('four'));
const key = 'cni.dev/valid-attachments';

async function gc(config: object): Promise<Outcome> {
  return bed.runtime.call('GC', { config });
}

function validOf(...attachments: readonly Attachment[]) {
  return attachments.map(({ containerId, ifname }) => ({ containerID: containerId, ifname }));
}

describe('GC', () => {
  let c1: Attachment;
  let c2: Attachment;
  let names: { readonly c1: string; readonly c2: string };
  let both: Traces;
  beforeEach(async () => {
    [c1, c2] = [attachment(await bed.pod(), conf), attachment(await bed.pod(), conf)];
    names = { c1: hostInterfaceOf(await bed.runtime.add(c1)), c2: hostInterfaceOf(await bed.runtime.add(c2)) };
    both = await bed.traces();
    expect(both.held).toStrictEqual(['four/10.10.1.10', 'four/10.10.1.11']);
    return async () => {
      for (const one of [c1, c2]) succeeded(await bed.runtime.del(one));
      expect(await bed.traces()).toStrictEqual(noTraces);
    };
  });

  it.each([key, 'cni.dev/attachments'])(
    'removes port, link, address and journal entry of what is not valid, and keeps the rest (%s)',
    async (name) => {
      expect(await gc({ ...conf, [name]: validOf(c1) })).toMatchObject({ code: 0, stdout: '', stderr: '' });
      const left = await bed.traces();
      expect(left).toMatchObject({ ports: [names.c1], links: [names.c1], held: ['four/10.10.1.10'] });
      expect(left.journal).toHaveLength(1);
    },
  );

  it('reads the key of the specification before the one of the draft', async () => {
    succeeded(await gc({ ...conf, [key]: validOf(c1, c2), 'cni.dev/attachments': [] }));
    expect(await bed.traces()).toStrictEqual(both);
  });

  it.each([[[]], [null]])('removes all for %j, which says that none is valid', async (list) => {
    succeeded(await gc({ ...conf, [key]: list }));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.each<{ list: object; says: string }>([
    { list: {}, says: '7: the key cni.dev/valid-attachments is missing' },
    { list: { [key]: {} }, says: '7: cni.dev/valid-attachments is not a list' },
    { list: { [key]: [{ containerID: 'x' }] }, says: '7: cni.dev/valid-attachments[0] needs containerID and ifname' },
    { list: { [key]: ['x'] }, says: '7: cni.dev/valid-attachments[0]' },
  ])('removes nothing when it is not told what is valid: $list', async ({ list, says }) => {
    expect(refusal(await gc({ ...conf, ...list }))).toContain(says);
    expect(await bed.traces()).toStrictEqual(both);
  });

  it('of another network, and of the same one in an older version, removes nothing', async () => {
    succeeded(await gc({ ...conf, name: 'vlan200', [key]: [] }));
    expect(refusal(await gc({ ...conf, cniVersion: '1.0.0', [key]: [] }))).toMatch(/^1: GC needs cniVersion 1.1.0/u);
    expect(await bed.traces()).toStrictEqual(both);
  });

  it('leaves ports, links and addresses of others alone', async () => {
    const { ovs, bridge, netns } = bed.node;
    await netns.exec('ip', 'link', 'add', 'avforeign', 'type', 'veth', 'peer', 'name', 'foreign0');
    await ovs.vsctl('add-port', bridge, 'avforeign');
    await ovs.vsctl('add-port', bridge, 'foreign0', 'external_ids:network=vlan100', 'external_ids:container-id=x');
    const other = attachment(await bed.pod(), network({ name: 'vlan200', vlan: 200, ...ipam('other-four') }));
    const otherName = hostInterfaceOf(await bed.runtime.add(other));
    succeeded(await gc({ ...conf, [key]: [] }));
    expect(await bed.traces()).toMatchObject({
      ports: ['avforeign', 'foreign0', otherName].toSorted(),
      links: [otherName],
      held: ['other-four/10.10.2.10'],
    });
    succeeded(await bed.runtime.check({ ...other, prevResult: await resultAgain(other, otherName) }));
    succeeded(await bed.runtime.del(other));
    await ovs.vsctl('del-port', 'avforeign', '--', 'del-port', 'foreign0');
    await netns.exec('ip', 'link', 'delete', 'avforeign');
  });

  it.each<{ lost: string; lose: () => Promise<unknown> }>([
    { lost: 'the journal', lose: () => bed.node.netns.exec('rm', '-r', `${bed.node.dataDir}/attachments`) },
    { lost: 'the ports', lose: () => bed.node.ovs.vsctl('del-port', names.c1, '--', 'del-port', names.c2) },
    { lost: 'the links', lose: () => bed.node.netns.exec('ip', 'link', 'delete', names.c2) },
    {
      lost: 'the journal and the ports',
      lose: async () => {
        await bed.node.netns.exec('rm', '-r', `${bed.node.dataDir}/attachments`);
        await bed.node.ovs.vsctl('del-port', names.c1, '--', 'del-port', names.c2);
      },
    },
  ])('finds what is left when it has lost $lost', async ({ lose }) => {
    await lose();
    succeeded(await gc({ ...conf, [key]: [] }));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('does what it can when OVS is down, and says so', async () => {
    const own = await startBed();
    await own.applyPools({ name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1' });
    const wanted = attachment(await own.pod(), conf);
    succeeded(await own.runtime.add(wanted));
    await own.node.ovs.ovsdb.kill();
    expect(refusal(await own.runtime.call('GC', { config: { ...conf, [key]: [] } }))).toMatch(/^11: /u);
    expect((await own.tracesOnNode()).links).toStrictEqual([]);
    await own.node.ovs.restart();
    succeeded(await own.runtime.call('GC', { config: { ...conf, [key]: [] } }));
    expect(await own.traces()).toStrictEqual(noTraces);
    await own.stop();
  });
});

/** The part of ADD's result that CHECK compares. */
async function resultAgain({ netns }: Attachment, name: string) {
  return {
    interfaces: [{ name }, { name: 'net1', sandbox: netns }],
    ips: [{ interface: 1, address: '10.10.2.10/24' }],
  };
}
