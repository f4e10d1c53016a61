import { describe, expect, it, type TestContext } from 'vitest';
import { resourcesOf } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { addressNode, expectConnected, startAgentBed, type AgentBed, type BedOptions } from './bed.ts';
import { podsOf } from './pods.ts';

async function start(context: TestContext, nics: readonly string[], options: BedOptions = {}): Promise<AgentBed> {
  return resourcesOf(context).use(startAgentBed(nics, options));
}

/** The names of all bridges, and whether they are marked as ours. */
async function bridges({ ovs }: AgentBed): Promise<readonly string[]> {
  const rows = await ovs.rows('Bridge', 'name', 'external_ids');
  return rows.map(({ name, external_ids: ids }) => `${String(name)} ${JSON.stringify(ids)}`).toSorted();
}

function nodeConfig(...allowedVLANs: readonly string[]): object {
  const uplink = { name: 'eth2', ...(allowedVLANs.length > 0 && { allowedVLANs }) };
  return { bridgeName: 'br-sec', physicalInterfaces: [uplink] };
}

async function trunks(bed: AgentBed): Promise<string> {
  return bed.ovs.vsctl('get', 'Port', 'eth2', 'trunks');
}

const marked = '{"antrea-cni":"secondary-bridge"}';

describe.concurrent('the secondary bridge', () => {
  it('is made with two uplinks, follows the file, and stays when the agent ends', async (context) => {
    const bed = await start(context, ['eth1', 'eth2']);
    bed.configure({ ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1', 'eth2'] }] });
    const agent = bed.startAgent();
    await bed.ready();
    expect(await bridges(bed)).toEqual([`br-sec ${marked}`]);
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth1', 'eth2']);
    bed.configure({
      ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth2'], enableMulticastSnooping: true }],
    });
    await until(async () => (await bed.ovs.ports('br-sec')).join() === 'eth2', { what: 'one uplink' });
    expect(await bed.ovs.vsctl('get', 'Bridge', 'br-sec', 'mcast_snooping_enable')).toBe('true');
    await agent.end();
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth2']);
  });

  it('is adopted when one of its name is there, with what others have connected to it', async (context) => {
    const bed = await start(context, ['eth1', 'eth2']);
    await bed.ovs.addBridge('br-sec');
    await bed.ovs.vsctl('add-port', 'br-sec', 'eth2');
    bed.configure({ ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1'] }] });
    bed.startAgent();
    await bed.ready();
    expect(await bridges(bed)).toEqual([`br-sec ${marked}`]);
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth1', 'eth2']);
    bed.configure({ ovsBridges: [] });
    await until(async () => (await bridges(bed)).join() === 'br-sec {}', { what: 'a bridge that is left to others' });
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth2']);
  });

  it('is replaced by one of another name only when no Pod is attached to it', async (context) => {
    const bed = await start(context, ['eth1']);
    bed.configure({ ovsBridges: [{ bridgeName: 'br-old', physicalInterfaces: ['eth1'] }] });
    bed.startAgent();
    await bed.ready();
    const pods = podsOf(bed, 'br-old');
    resourcesOf(context).defer(pods.stop);
    const pod = await pods.attach('10.1.0.1');
    const wanted = { bridgeName: 'br-new', physicalInterfaces: ['eth1'] };
    bed.configure({ ovsBridges: [wanted] });
    const drains = 'bridge: the bridge br-old is not wanted, and Pods are attached to it';
    await until(async () => (await bed.readyz()) === drains, { what: 'a bridge that drains' });
    for (const ovsDriver of ['ovsdb', 'ovs-vsctl']) {
      const more = podsOf(bed, 'br-old', { ovsDriver });
      const refused = /"code":11,"msg":"the bridge br-old is going away, and takes no new ports"/u;
      await expect(more.attach('10.1.0.2')).rejects.toThrow(refused);
      await more.stop();
    }
    expect(await bed.ovs.ports('br-old')).toEqual([pod.hostInterface, 'eth1'].toSorted());
    expect(await bridges(bed)).toEqual(['br-old {"antrea-cni":"secondary-bridge","antrea-cni-draining":"true"}']);
    bed.configure({ ovsBridges: [{ bridgeName: 'br-old', physicalInterfaces: ['eth1'] }] });
    await bed.ready();
    expect(await bridges(bed)).toEqual([`br-old ${marked}`]);
    bed.configure({ ovsBridges: [wanted] });
    await until(async () => (await bed.readyz()) === drains, { what: 'a bridge that drains again' });
    expect((await pod.del()).code).toBe(0);
    await bed.ready();
    expect(await bridges(bed)).toEqual([`br-new ${marked}`]);
    expect(await bed.ovs.ports('br-new')).toEqual(['eth1']);
  });

  it('comes back when the database is lost', async (context) => {
    const bed = await start(context, ['eth1']);
    bed.configure({ ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1'] }] });
    bed.startAgent();
    await bed.ready();
    await bed.ovs.vsctl('del-br', 'br-sec');
    const isBack = async (): Promise<boolean> => (await bridges(bed)).includes(`br-sec ${marked}`);
    await until(isBack, { what: 'the bridge', everyMs: 100 });
    await until(async () => (await bed.ovs.ports('br-sec')).join() === 'eth1', { what: 'its uplink' });
  });

  it('is left as it was while the file is not as it should be', async (context) => {
    const bed = await start(context, ['eth1']);
    bed.configure({ ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1'] }] });
    bed.startAgent();
    await bed.ready();
    bed.configure({ ovsBridges: [], mtu: 1500 });
    await until(async () => (await bed.readyz())?.includes('the key secondaryNetwork.mtu is unknown'), {
      what: 'advice',
    });
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth1']);
  });
});

describe.concurrent('an AntreaNodeConfig', () => {
  it('makes the bridge, with VLANs of its uplink, changes it, and is not needed any more', async (context) => {
    const bed = await start(context, ['eth1', 'eth2'], { cluster: true });
    await addressNode(bed, 'eth1');
    bed.configure({});
    bed.serveNodeConfigs(nodeConfig('100', '0', '200-202', '100'));
    bed.startAgent();
    const isMade = async (): Promise<boolean> => (await bridges(bed)).join() === `br-sec ${marked}`;
    await until(isMade, { what: 'the bridge', everyMs: 100 });
    await bed.ready();
    expect(await trunks(bed)).toBe('[0, 100, 200, 201, 202]');
    bed.serveNodeConfigs(nodeConfig());
    await until(async () => (await trunks(bed)) === '[]', { what: 'all VLANs', everyMs: 100 });
    bed.serveNodeConfigs();
    await until(async () => (await bridges(bed)).length === 0, { what: 'no bridge', everyMs: 100 });
  });
});

describe.concurrent('an interface that must not be taken', () => {
  const own = 'is the interface by which this Node and the API server reach each other';

  it.for([
    ['is that of the Node', ['eth1'], `eth1 ${own}: expected another one, or secondaryNetwork.allow`],
    ['is that of the Node, beside another', ['eth2', 'eth1'], `eth1 ${own}: it can be taken only as the single one`],
    ['is not there', ['eth2', 'eth3'], 'the physical interface eth3 is not on this Node'],
    ['is a port of another bridge', ['eth2'], 'the physical interface eth2 is a part of br-other already'],
  ] as const)('%s: the Node keeps it, and is told why', async ([, physicalInterfaces, advice], context) => {
    const bed = await start(context, ['eth1', 'eth2'], { cluster: true });
    await addressNode(bed, 'eth1');
    if (advice.includes('br-other')) {
      await bed.ovs.addBridge('br-other');
      await bed.ovs.vsctl('add-port', 'br-other', 'eth2');
    }
    bed.configure({
      ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces }],
      allowManagementInterface: physicalInterfaces.length > 1,
    });
    bed.startAgent();
    await until(async () => (await bed.readyz())?.includes(advice), { what: advice });
    expect(await bed.ovs.ports('br-sec')).toEqual([]);
    await expectConnected(bed, 'eth1');
  });
});
