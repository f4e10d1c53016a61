import type { Remains } from '../../../src/agent/cleanup/remains.ts';
import type { SandboxRecord } from '../../../src/system/sandboxes.ts';

export const containerID = 'c1';

/** Of a sandbox of which nothing is left. */
export const nothing: Remains = { containerID, netns: [], records: [], attachments: [], allocations: [] };

export const record: SandboxRecord = {
  containerID,
  ifname: 'eth0',
  network: 'pods',
  netns: '/run/netns/a',
  pod: { namespace: 'n', name: 'p', uid: 'u' },
  complete: true,
  attachments: [{ nad: 'n/blue', ifname: 'net1', kind: 'vlan', args: '', plugins: [{}] }],
};
