import { afterEach, expect, it } from 'vitest';
import type { Call } from '../../src/cni/dispatch.ts';
import { PortFailure } from '../../src/net/port-failure.ts';
import type { Context } from '../../src/plugin/context.ts';
import { delTogether } from '../../src/plugin/del.ts';
import { hostInterfaceName } from '../../src/system/attachment-id.ts';
import { Failure } from '../../src/system/failure.ts';
import { files, unwritable, type Files } from '../../src/system/files.ts';
import { fileJournal } from '../../src/system/journal.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { contextOf, unused } from './call-context.ts';

const resources = createResources();
afterEach(resources.release);

const noSpace = (path: string): never => {
  throw unwritable(path, new Error('ENOSPC'));
};
const full: Files = { ...files, replace: noSpace, append: noSpace };

const keepsFirst: Context['ovs'] = {
  addPorts: unused,
  removePorts: async () => {
    const failure = new Failure('wiring', 'Open vSwitch keeps the port');
    throw new PortFailure(hostInterfaceName({ containerID: 'c1', ifname: 'net1' }), failure);
  },
  findPorts: async () => [],
  bridgeExists: unused,
};

it('a network that cannot be detached, nor be noted as such, keeps neither the others nor its own reason', async () => {
  const { path: dataDir } = await resources.use(makeTempDir('del'));
  const onFullDisk = { files: full, journal: fileJournal(full, dataDir), ovs: keepsFirst };
  const members = ['net1', 'net2'].map((label) => ({ label, context: contextOf(dataDir, label, onFullDisk) }));
  const journal = fileJournal(files, dataDir);
  for (const { context } of members) journal.write(entryOf(context.call));
  const troubles = await delTogether(contextOf(dataDir, 'eth0', onFullDisk), members);
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
