import { afterEach, expect, it } from 'vitest';
import type { Call } from '../../src/cni/dispatch.ts';
import { readNodeFile } from '../../src/config/node-file.ts';
import { createFileStore } from '../../src/ipam/file/store.ts';
import { PortFailure } from '../../src/net/port-failure.ts';
import type { Context } from '../../src/plugin/context.ts';
import { delTogether } from '../../src/plugin/del.ts';
import { hostInterfaceName } from '../../src/system/attachment-id.ts';
import { Failure } from '../../src/system/failure.ts';
import { files, unwritable, type Files } from '../../src/system/files.ts';
import { fileJournal } from '../../src/system/journal.ts';
import { deadlineIn } from '../../src/system/time.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

const stuck = new Failure('wiring', 'Open vSwitch keeps the port');
const full: Files = {
  ...files,
  replace: (path) => {
    throw unwritable(path, new Error('ENOSPC'));
  },
};

it('a network that cannot be detached, nor be noted as such, keeps neither the others nor its own reason', async () => {
  const { path: dataDir } = await resources.use(makeTempDir('del'));
  const [first, second] = ['net1', 'net2'].map((ifname) => contextOf(dataDir, ifname));
  if (first === undefined || second === undefined) throw new Error('two networks');
  const journal = fileJournal(files, dataDir);
  for (const { call } of [first, second]) journal.write(entryOf(call));
  const members = [first, second].map((context) => ({ context, label: context.call.request.ifname }));
  const troubles = await delTogether(first, members);
  expect(troubles.map(({ error }) => String(error))).toStrictEqual([
    'PortFailure: Open vSwitch keeps the port',
    expect.stringContaining('cannot be written: ENOSPC'),
  ]);
  expect(journal.list().map(({ ifname }) => ifname)).toStrictEqual(['net1']);
});

function entryOf({ request: { containerID, ifname, netns }, config: { name: network } }: Call) {
  const hostInterface = hostInterfaceName({ containerID, ifname });
  return { containerID, ifname, netns, network, hostInterface, pools: [], addresses: [], confirmed: true, port: {} };
}

/** Of a Node whose disk is full, and whose Open vSwitch keeps the port of net1. */
function contextOf(dataDir: string, ifname: string): Context {
  const request = { command: 'DEL', containerID: 'c1', ifname, netns: '', args: {}, argsText: '', path: [] } as const;
  const config = { cniVersion: '1.0.0', name: 'blue', type: 'antrea', ipamType: '', prevResult: undefined } as const;
  return {
    call: { request: { ...request, netnsOverride: false }, config: { ...config, raw: {} } },
    ownType: 'antrea',
    settings: { ...readNodeFile({ read: () => Buffer.from('{}') }, '/node.json'), dataDir },
    store: createFileStore({ dataDir }),
    journal: fileJournal(full, dataDir),
    sweep: unused,
    ovs: {
      addPorts: unused,
      removePorts: async () => {
        throw new PortFailure(hostInterfaceName({ containerID: 'c1', ifname: 'net1' }), stuck);
      },
      findPorts: async () => [],
      bridgeExists: unused,
    },
    files: full,
    exec: unused,
    start: unused,
    pause: () => {},
    deadline: deadlineIn(5000),
    log: () => {},
  };
}

function unused(): never {
  throw new Error('nothing of this is needed');
}
