import { describe, expect, it, type TestContext } from 'vitest';
import { resourcesOf } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { addressed, addressNode, connectivity, expectConnected, startAgentBed, type AgentBed } from './bed.ts';

/** A Node that has one interface, by which it reaches its API server. */
async function start(context: TestContext): Promise<AgentBed> {
  const bed = await resourcesOf(context).use(startAgentBed(['eth1'], { cluster: true }));
  await addressNode(bed, 'eth1');
  bed.configure({
    ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1'] }],
    allowManagementInterface: true,
  });
  return bed;
}

// They wait most of the time.
describe.concurrent('a single interface with addresses', () => {
  it('gives them to the bridge, and has them again when the agent ends', async (context) => {
    const bed = await start(context);
    const agent = bed.startAgent();
    await bed.ready();
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth1', 'eth1~']);
    await expectConnected(bed, 'eth1');
    await agent.end();
    expect(await bed.ovs.ports('br-sec')).toEqual([]);
    expect((await bed.node.links()).map(({ ifname }) => ifname)).not.toContain('eth1~');
    await expectConnected(bed, 'eth1');
  });

  it('takes back what has changed meanwhile', async (context) => {
    const bed = await start(context);
    const agent = bed.startAgent();
    await bed.ready();
    await bed.node.exec('ip', 'address', 'add', '10.9.0.6/24', 'dev', 'eth1');
    await agent.end();
    expect(await connectivity(bed, 'eth1')).toMatchObject({ addresses: ['10.9.0.5/24', '10.9.0.6/24', 'fd09::5/64'] });
  });

  it('keeps the Node connected when the agent is killed, and a new one goes on', async (context) => {
    const bed = await start(context);
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

  it('is known without the journal, too', async (context) => {
    const bed = await start(context);
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

  it('comes back with the bridge when Open vSwitch was killed, and when its database is lost', async (context) => {
    const bed = await start(context);
    bed.startAgent();
    await bed.ready();
    await bed.ovs.vswitchd.kill();
    await bed.ovs.restart();
    // It answers from the first of its addresses on: the move goes on until it is written down that it is over.
    const isBack = async (): Promise<boolean> => (await bed.pings('10.9.0.5')) && bed.journal()?.phase === 'moved';
    await until(isBack, { what: 'a Node that answers', everyMs: 100 });
    await bed.ovs.vsctl('del-br', 'br-sec');
    await until(isBack, { what: 'a Node that answers again', everyMs: 100 });
    await expectConnected(bed, 'eth1');
  });

  it('has them again when the agent ends while Open vSwitch is down, and gives them again when it is back', async (context) => {
    const bed = await start(context);
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

  it('has them again when a second interface comes', async (context) => {
    const bed = await resourcesOf(context).use(startAgentBed(['eth1', 'eth2']));
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

  it('has them again when the API server does not answer by way of the bridge', async (context) => {
    const bed = await start(context);
    // It takes connections by the interface, and none by the bridge, which passes nothing on.
    await bed.ovs.addBridge('br-sec');
    await bed.ovs.vsctl('set-fail-mode', 'br-sec', 'secure');
    bed.startAgent();
    await until(() => bed.journal() !== undefined, { what: 'a move' });
    await until(() => bed.journal()?.phase === 'given-up', { what: 'the end of the move' });
    await expectConnected(bed, 'eth1');
    expect(await bed.ovs.ports('br-sec')).toEqual([]);
    // The journal comes first.
    const reason = /eth1 (?:cannot be moved to br-sec: the API|was moved to br-sec, and back)/u;
    await until(async () => reason.test((await bed.readyz()) ?? ''), { what: 'the reason' });
  });
});
