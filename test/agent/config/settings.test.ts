import { describe, expect, it } from 'vitest';
import { parseAgentFile } from '../../../src/agent/config/file.ts';
import { failureOf } from '../../failure-of.ts';

const gates = 'featureGates: {AntreaIPAM: true, SecondaryNetwork: true}\n';

function bridge(text: string): string {
  return `${gates}secondaryNetwork: {ovsBridges: [${text}]}`;
}

describe('antrea-agent.conf', () => {
  it('has a default for everything', () => {
    expect(parseAgentFile('# nothing\n', 'a')).toEqual({
      gates: { AntreaIPAM: false, SecondaryNetwork: false, AntreaNodeConfig: true },
      primaryBridge: 'br-int',
      bridge: undefined,
      allowManagementInterface: false,
      datapathType: 'system',
      ovsdb: 'unix:/var/run/openvswitch/db.sock',
      dataDir: '/var/lib/cni/antrea',
      agentSocket: '/run/antrea-cni/agent.sock',
      nodeName: undefined,
    });
  });

  it('describes a bridge with its interfaces, which carry all VLANs', () => {
    const text = bridge('{bridgeName: br1, physicalInterfaces: [eth1, eth2], enableMulticastSnooping: true}');
    expect(parseAgentFile(text, 'a').bridge).toEqual({
      name: 'br1',
      interfaces: [
        { name: 'eth1', vlans: undefined },
        { name: 'eth2', vlans: undefined },
      ],
      multicastSnooping: true,
    });
  });

  it.each([
    ['featureGates: {SecondaryNetwork: true}', 'featureGates.AntreaIPAM is not: expected both to be true'],
    ['featureGates: {Secondarynetwork: true}', 'the key featureGates.Secondarynetwork is unknown'],
    [bridge('{bridgeName: br1}, {bridgeName: br2}'), 'secondaryNetwork.ovsBridges'],
    [bridge('{bridgeName: br-int}'), 'is "br-int", which is ovsBridge'],
    [`ovsBridge: br9\n${bridge('{bridgeName: br9}')}`, 'is "br9", which is ovsBridge'],
    [bridge('{physicalInterfaces: [eth1]}'), 'ovsBridges[0].bridgeName is missing'],
    [bridge('{bridgeName: br1, physicalInterfaces: [1,2,3,4,5,6,7,8,9]}'), 'physicalInterfaces'],
    [bridge('{bridgeName: br1, physicalInterfaces: [eth1, eth1]}'), 'has "eth1" twice'],
    [bridge('{bridgeName: a-bridge-of-17-ch}'), 'bridgeName "a-bridge-of-17-ch" must be a name of at most 15 letters'],
    ['ovsdb: tcp:127.0.0.1:6640', 'ovsdb "tcp:127.0.0.1:6640" must be unix: and an absolute path'],
    ['a: [', 'is not YAML'],
    ['- a', 'must be an object'],
    [`a: ${'x'.repeat(300_000)}`, 'is larger than'],
  ])('is refused as %.80s, and says why', (text, message) => {
    expect(failureOf(() => parseAgentFile(text, 'agent configuration a'))).toContain(message);
  });
});
