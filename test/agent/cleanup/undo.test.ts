import { beforeEach, describe, expect, it } from 'vitest';
import type { PluginCall } from '../../../src/agent/cleanup/plugin.ts';
import type { Remaining, Remains } from '../../../src/agent/cleanup/remains.ts';
import { undo } from '../../../src/agent/cleanup/undo.ts';
import { createFileStore } from '../../../src/ipam/file/store.ts';
import { Failure } from '../../../src/system/failure.ts';
import type { JournalEntry } from '../../../src/system/journal.ts';
import { rejectionOf } from '../../failure-of.ts';
import { containerID, nothing, record } from './sample.ts';

function attachment(ifname: string, more: Partial<Remaining> = {}): Remaining {
  return { containerID, ifname, network: 'blue', wired: true, pools: ['a'], ...more };
}

let calls: PluginCall[];
let removed: string[];
let journal: JournalEntry[];
let refuses: (call: PluginCall) => boolean;
beforeEach(() => {
  [calls, removed, journal, refuses] = [[], [], [], () => false];
});

async function undone(remains: Partial<Remains>): Promise<void> {
  await undo(
    { ...nothing, ...remains },
    {
      plugin: {
        type: 'antrea',
        call: async (call) => {
          calls.push(call);
          if (refuses(call)) throw new Failure('unavailable', `no ${call.ifname ?? ''}`);
        },
      },
      timeout: 1000,
      store: createFileStore({ dataDir: '/nowhere' }),
      journal: { read: ({ ifname }) => journal.find((entry) => entry.ifname === ifname) },
      removed: (what, facts) => void removed.push(`${what} ${String(facts['ifname'])}`),
    },
  );
}

describe('what a sandbox has left', () => {
  it.each<readonly [string, Remaining, object]>([
    [
      'a wired interface is detached by a DEL of its network',
      attachment('net1'),
      { type: 'antrea', networkType: 'vlan', name: 'blue', ipam: { type: 'antrea', ippools: ['a'] } },
    ],
    [
      'one without pools by a DEL without ipam',
      attachment('net1', { pools: [] }),
      { cniVersion: '1.1.0', type: 'antrea', networkType: 'vlan', name: 'blue' },
    ],
    [
      "one with another plugin's addresses by a DEL with its ipam",
      attachment('net1', { pools: [], ipam: { type: 'host-local' } }),
      { cniVersion: '0.4.0', type: 'antrea', networkType: 'vlan', name: 'blue', ipam: { type: 'host-local' } },
    ],
    [
      "addresses of another plugin's interface by a DEL of its IPAM plugin",
      attachment('net1', { wired: false }),
      { cniVersion: '1.1.0', type: 'not-antrea', name: 'blue', ipam: { type: 'antrea', ippools: ['a'] } },
    ],
  ])('%s', async (_, one, config) => {
    await undone({ attachments: [one] });
    expect(calls).toMatchObject([{ command: 'DEL', containerID, ifname: 'net1', config }]);
    expect(Object.keys(calls[0]?.config ?? {}).includes('ipam')).toBe('ipam' in config);
    expect(removed).toEqual([one.wired ? 'attachment net1' : 'addresses net1']);
  });

  it('all networks of a Pod are detached by one DEL, what it does not know of by another', async () => {
    await undone({ records: [record], attachments: [attachment('net1'), attachment('net9')] });
    expect(calls).toMatchObject([
      { ifname: 'eth0', config: { networkType: 'secondary' } },
      { ifname: 'net9', config: { networkType: 'vlan' } },
    ]);
    expect(calls[0]?.args).toBe('IgnoreUnknown=1;K8S_POD_NAMESPACE=n;K8S_POD_NAME=p;K8S_POD_UID=u');
    expect(removed).toEqual(['sandbox eth0', 'attachment net9']);
  });

  it('what can be detached is, whatever becomes of the rest; the failure names what is left', async () => {
    refuses = ({ ifname }) => ifname === 'net1';
    const all = undone({ attachments: [attachment('net1'), attachment('net2')] });
    expect(await rejectionOf(all)).toBe('unavailable: no net1');
    expect(removed).toEqual(['attachment net2']);
  });

  it('an interface whose addresses a DEL has left to the agent is not done', async () => {
    const entry = { containerID, ifname: 'net1', network: 'blue', netns: '', hostInterface: 'av', confirmed: true };
    journal = [{ ...entry, pools: ['a'], addresses: [] }];
    expect(await rejectionOf(undone({ attachments: [attachment('net1')] }))).toMatch(
      /^unavailable: the store is away/u,
    );
    expect(removed).toEqual([]);
  });
});
