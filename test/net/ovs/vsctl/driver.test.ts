import { expect, it } from 'vitest';
import type { NewPort } from '../../../../src/net/ovs/driver.ts';
import { vsctlDriver } from '../../../../src/net/ovs/vsctl/driver.ts';

/** The words that ovs-vsctl gets, without those about the connection. */
async function wordsOf(port: NewPort): Promise<readonly string[]> {
  const commands: (readonly string[])[] = [];
  const driver = vsctlDriver({
    database: 'unix:/db.sock',
    timeout: () => 5000,
    remaining: () => 60_000,
    pause: () => {},
    mark: {},
    exec: (_command, args) => {
      commands.push(args.slice(2));
      return { code: 0, stdout: '', stderr: '', timedOut: false };
    },
  });
  await driver.addPorts({ bridges: [port.bridge], ports: async () => [port] });
  return commands.flat();
}

const owner = {
  containerID: 'c1',
  ifname: 'net1',
  network: 'vlan100',
  podNamespace: '',
  podName: '',
  netns: '/run/netns/x',
  mac: '02:00:00:00:00:01',
  addresses: '',
};
const port: NewPort = { name: 'av1', bridge: 'br0', vlans: { mode: 'access', tag: 5 }, owner };

it.each<{ vlans: NewPort['vlans']; columns: readonly string[] }>([
  { vlans: { mode: 'access', tag: 0 }, columns: ['vlan_mode=access', 'tag=0'] },
  { vlans: { mode: 'trunk', trunks: [1] }, columns: ['vlan_mode=trunk', 'trunks=1'] },
  {
    vlans: { mode: 'native-untagged', tag: 5, trunks: [10, 11] },
    columns: ['vlan_mode=native-untagged', 'tag=5', 'trunks=10,11'],
  },
])('adds a port with its VLANs: $columns', async ({ vlans, columns }) => {
  const words = await wordsOf({ ...port, vlans });
  const at = words.indexOf('add-port');
  expect(words.slice(at, at + 3 + columns.length)).toStrictEqual(['add-port', 'br0', 'av1', ...columns]);
});

it('keeps a text one text, whatever is in it', async () => {
  const words = await wordsOf({ ...port, owner: { ...owner, netns: '/a",b="c\n' } });
  expect(words).toContain(String.raw`external_ids:net-ns="/a\",b=\"c\n"`);
});
