import { describe, expect, it } from 'vitest';
import { findManagement, type ManagementFacts } from '../../../src/agent/bridge/management.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { rejectionOf } from '../../failure-of.ts';

/** bond0 of eth1 and eth2, with a VLAN interface that has the InternalIP; eth3 with the default route; eth4. */
const links = [
  { ifindex: 1, ifname: 'eth1', master: 'bond0' },
  { ifindex: 2, ifname: 'eth2', master: 'bond0' },
  { ifindex: 3, ifname: 'bond0' },
  { ifindex: 4, ifname: 'bond0.7', link: 'bond0', addr_info: [{ family: 'inet', local: '10.0.0.5', prefixlen: 24 }] },
  { ifindex: 5, ifname: 'eth3' },
  { ifindex: 6, ifname: 'eth4' },
];

const exec: Exec = (_, args) => {
  const words = args.join(' ');
  const answer = words.includes('route get')
    ? [{ dst: '10.1.0.1', dev: 'eth3' }]
    : words.includes('-4 route show default')
      ? [{ dst: 'default', dev: 'eth3' }]
      : words.includes('address show')
        ? links
        : [];
  return { code: 0, stdout: JSON.stringify(answer), stderr: '', timedOut: false };
};

describe('the management interface', () => {
  const server = { host: '10.1.0.1', port: 6443 };

  it.each<readonly [string, ManagementFacts, readonly string[]]>([
    [
      'is that of the route to the API server and that of the InternalIP, with their parts',
      { server, internalIPs: ['10.0.0.5'] },
      ['bond0', 'bond0.7', 'eth1', 'eth2', 'eth3'],
    ],
    [
      'is that of the route alone, when the InternalIP is on no interface',
      { server, internalIPs: ['10.9.9.9'] },
      ['eth3'],
    ],
    ['is that of the default route, without a cluster', { server: undefined, internalIPs: undefined }, ['eth3']],
  ])('%s', async (...[, facts, names]) => {
    const { interfaces } = await findManagement(exec, facts);
    expect([...interfaces].toSorted()).toEqual(names);
  });

  it.each<readonly [ManagementFacts, string]>([
    [{ server, internalIPs: undefined }, "the Node's InternalIP has not been read"],
    [
      { server: { host: 'no.such.name.invalid', port: 1 }, internalIPs: [] },
      'the name no.such.name.invalid is not known',
    ],
  ])('cannot be told from %j', async (facts, reason) => {
    expect(await rejectionOf(findManagement(exec, facts))).toContain(reason);
  });
});
