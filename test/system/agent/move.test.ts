import { afterEach, describe, expect, it } from 'vitest';
import { createResources } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { addressed, addressNode, connectivity, expectConnected, startAgentBed, type AgentBed } from './bed.ts';

const resources = createResources();
afterEach(resources.release);

/** A Node that has one interface, by which it reaches its API server. */
async function start(): Promise<AgentBed> {
  const bed = await resources.use(startAgentBed(['eth1'], { cluster: true }));
  await addressNode(bed, 'eth1');
  bed.configure({
    ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1'] }],
    allowManagementInterface: true,
  });
  return bed;
}

describe('a single interface with addresses', () => {
  it('gives them to the bridge, and has them again when the agent ends', async () => {
    const bed = await start();
    const agent = bed.startAgent();
    await bed.ready();
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth1', 'eth1~']);
    await expectConnected(bed, 'eth1');
    await agent.end();
    expect(await bed.ovs.ports('br-sec')).toEqual([]);
    expect((await bed.node.links()).map(({ ifname }) => ifname)).not.toContain('eth1~');
    await expectConnected(bed, 'eth1');
  });

  it('takes back what has changed meanwhile', async () => {
    const bed = await start();
    const agent = bed.startAgent();
    await bed.ready();
    await bed.node.exec('ip', 'address', 'add', '10.9.0.6/24', 'dev', 'eth1');
    await agent.end();
    expect(await connectivity(bed, 'eth1')).toMatchObject({ addresses: ['10.9.0.5/24', '10.9.0.6/24', 'fd09::5/64'] });
  });

  it('keeps the Node connected when the agent is killed, and a new one goes on', async () => {
    const bed = await start();
    const agent = bed.startAgent();
    await bed.ready();
    await agent.kill();
    await expectConnected(bed, 'eth1');
    const next = bed.startAgent();
    await bed.ready();
    await expectConnected(bed, 'eth1');
    await next.end();
    await expectConnected(bed, 'eth1');
  });

  it('is known without the journal, too', async () => {
    const bed = await start();
    const agent = bed.startAgent();
    await bed.ready();
    await agent.kill();
    await bed.node.exec('rm', '-r', bed.dataDir);
    const next = bed.startAgent();
    await bed.ready();
    await next.end();
    expect(await connectivity(bed, 'eth1')).toEqual(addressed);
    await expectConnected(bed, 'eth1');
  });

  it('comes back with the bridge when Open vSwitch was killed, and when its database is lost', async () => {
    const bed = await start();
    bed.startAgent();
    await bed.ready();
    await bed.ovs.vswitchd.kill();
    await bed.ovs.restart();
    const isBack = async (): Promise<boolean> => bed.pings('10.9.0.5');
    await until(isBack, { what: 'a Node that answers', timeoutMs: 40_000, everyMs: 100 });
    await bed.ovs.vsctl('del-br', 'br-sec');
    await until(isBack, { what: 'a Node that answers again', timeoutMs: 40_000, everyMs: 100 });
    await expectConnected(bed, 'eth1');
  });

  it('has them again when the agent ends while Open vSwitch is down, and gives them again when it is back', async () => {
    const bed = await start();
    const agent = bed.startAgent();
    await bed.ready();
    await bed.ovs.ovsdb.kill();
    await bed.ovs.vswitchd.kill();
    await agent.end();
    await expectConnected(bed, 'eth1');
    await bed.ovs.restart();
    await expectConnected(bed, 'eth1');
    const next = bed.startAgent();
    await bed.ready();
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth1', 'eth1~']);
    await expectConnected(bed, 'eth1');
    await next.end();
    await expectConnected(bed, 'eth1');
  });

  it('has them again when a second interface comes', async () => {
    const bed = await resources.use(startAgentBed(['eth1', 'eth2']));
    await bed.node.exec('ip', 'address', 'add', '10.9.0.5/24', 'dev', 'eth1');
    bed.configure({ ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1'] }] });
    bed.startAgent();
    await bed.ready();
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth1', 'eth1~']);
    bed.configure({ ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1', 'eth2'] }] });
    await until(async () => (await bed.ovs.ports('br-sec')).join() === 'eth1,eth2', { what: 'two uplinks' });
    expect(await connectivity(bed, 'eth1')).toMatchObject({ addresses: ['10.9.0.5/24'], stray: [] });
    expect(bed.journal()).toBeUndefined();
  });

  it('has them again when the API server does not answer by way of the bridge', async () => {
    const bed = await start();
    bed.startAgent();
    await until(() => bed.journal() !== undefined, { what: 'a move' });
    await bed.outside.exec('ip', 'address', 'del', '10.9.0.1/24', 'dev', 'sw');
    await until(() => bed.journal()?.phase === 'given-up', { what: 'the end of the move', timeoutMs: 30_000 });
    await bed.outside.exec('ip', 'address', 'add', '10.9.0.1/24', 'dev', 'sw');
    await expectConnected(bed, 'eth1');
    expect(await bed.ovs.ports('br-sec')).toEqual([]);
    expect(await bed.readyz()).toMatch(/eth1 (?:cannot be moved to br-sec: the API|was moved to br-sec, and back)/u);
  });
});
