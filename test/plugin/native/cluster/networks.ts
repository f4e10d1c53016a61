import type { JsonObject } from '../../../fixture/json.ts';
import { ours } from '../../cluster/networks.ts';
import type { NativeBed } from './bed.ts';

/** One address each, so that a test knows which. */
const pools = [
  { name: 'blue', ranges: ['10.10.1.10-10.10.1.10'], gateway: '10.10.1.1', vlan: 100 },
  { name: 'green', ranges: ['10.20.0.10-10.20.0.10'], gateway: '10.20.0.1' },
  { name: 'flat', ranges: ['10.30.0.10-10.30.0.10'], gateway: '10.30.0.1' },
  { name: 'wide', ranges: ['10.40.0.0/24'], gateway: '10.40.0.1', vlan: 40 },
];

const vlan = (more: JsonObject, pool?: string): JsonObject => ({
  cniVersion: '1.1.0',
  type: ours,
  networkType: 'vlan',
  ...more,
  ...(pool !== undefined && { ipam: { type: ours, ippools: [pool] } }),
});

export const macvlan: JsonObject = { cniVersion: '1.0.0', type: 'macvlan', master: 'nic0', mode: 'bridge' };
export const staticIPAM: JsonObject = { type: 'static', addresses: [{ address: '10.60.0.5/24' }] };

/** A NIC for macvlan, pools, and networks of the Pods' Namespace. */
export async function prepareNetworks(bed: NativeBed): Promise<void> {
  await bed.node.netns.exec('ip', 'link', 'add', 'nic0', 'type', 'veth', 'peer', 'name', 'nic0-far');
  for (const name of ['nic0', 'nic0-far']) await bed.node.netns.exec('ip', 'link', 'set', name, 'up');
  await bed.applyPools(...pools);
  await applySamples(bed);
}

export async function applySamples(bed: NativeBed): Promise<void> {
  await bed.applyNetworks({
    blue: vlan({ mtu: 1400 }, 'blue'),
    green: vlan({ vlan: 200 }, 'green'),
    wide: vlan({}, 'wide'),
    bare: vlan({ vlan: 7 }),
    flat: { ...macvlan, ipam: { type: ours, ippools: ['flat'] } },
    static: { ...macvlan, ipam: staticIPAM },
    list: { cniVersion: '1.0.0', name: 'list', plugins: [{ ...macvlan, ipam: staticIPAM }] },
    broken: { ...macvlan, master: 'no-such-nic', ipam: { type: ours, ippools: ['flat'] } },
    empty: undefined,
  });
}
