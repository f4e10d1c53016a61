import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestNode, startNode } from '../fixture/node.ts';
import type { Output } from '../fixture/command.ts';
import { antreaCommand } from '../fixture/program.ts';
import { createResources } from '../fixture/resources.ts';

const resources = createResources();
let node: TestNode;

beforeAll(async () => {
  node = await resources.use(startNode({ nodeFile: { bridges: ['br-other'], allowedVLANs: ['1-100'] } }));
});
afterAll(resources.release);

async function antrea(...words: readonly string[]): Promise<Output> {
  return node.netns.run([...antreaCommand(), ...words], { env: node.env });
}

describe('antrea check on a Node with a real Open vSwitch', () => {
  it('names a bridge that is missing, and how to make it; once it is made, the Node is ready', async () => {
    const before = await antrea('check');
    expect(before.stdout).toMatch(
      /^FAIL {2}bridge br-other +Open vSwitch has no such bridge\n +-> make it: ovs-vsctl add-br br-other$/mu,
    );
    expect(before.stdout).toMatch(/^This Node is not ready: 1 failed/mu);
    expect(before.code).toBe(1);
    await node.ovs.addBridge('br-other');
    const after = await antrea('check');
    expect(after.stdout).toMatch(/^This Node is ready/mu);
    expect(after.code).toBe(0);
  });

  it('tells the datapath, and whether there is an uplink', async () => {
    const line = new RegExp(`^warn {2}bridge ${node.bridge} +the userspace datapath \\(netdev\\); no uplink`, 'mu');
    expect((await antrea('check')).stdout).toMatch(line);
    await node.ovs.vsctl(
      'add-port',
      node.bridge,
      'pod0',
      '--',
      'set',
      'Port',
      'pod0',
      'external_ids:antrea-cni=container',
    );
    expect((await antrea('check')).stdout).toMatch(line);
    await node.ovs.vsctl('add-port', node.bridge, 'uplink0', '--', 'set', 'Interface', 'uplink0', 'type=internal');
    expect((await antrea('check')).stdout).toMatch(
      new RegExp(`^ok {4}bridge ${node.bridge} +the userspace datapath`, 'mu'),
    );
  });

  it('finds ovs-vswitchd dead while its database answers', async () => {
    await node.ovs.vswitchd.kill();
    const { code, stdout } = await antrea('check');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok {4}ovsdb /mu);
    expect(stdout).toMatch(/^FAIL {2}ovs-vswitchd +does not do what the database says.*\n +-> start it/mu);
    await node.ovs.restart();
    expect((await antrea('check')).stdout).toMatch(/^ok {4}ovs-vswitchd /mu);
  });

  it('finds the database dead', async () => {
    await node.ovs.ovsdb.kill();
    expect((await antrea('check')).stdout).toMatch(
      /^FAIL {2}ovsdb +Open vSwitch's database does not answer at unix:/mu,
    );
  });
});
