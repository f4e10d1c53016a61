import type { Call } from '../../src/cni/dispatch.ts';
import { readNodeFile } from '../../src/config/node-file.ts';
import { createFileStore } from '../../src/ipam/file/store.ts';
import type { Context } from '../../src/plugin/context.ts';
import { files } from '../../src/system/files.ts';
import { fileJournal } from '../../src/system/journal.ts';
import { deadlineIn } from '../../src/system/time.ts';

/** A DEL of one interface of container c1 and network `blue`. */
function callOf(ifname: string): Call {
  const request = { command: 'DEL', containerID: 'c1', ifname, netns: '', args: {}, argsText: '', path: [] } as const;
  const config = { cniVersion: '1.0.0', name: 'blue', type: 'antrea', ipamType: '', prevResult: undefined } as const;
  return { request: { ...request, netnsOverride: false }, config: { ...config, raw: {} } };
}

/** What such a call acts through: files of `dataDir`; whatever is not there throws. @param more in place of it */
export function contextOf(dataDir: string, ifname: string, more: Partial<Context> = {}): Context {
  return {
    call: callOf(ifname),
    ownType: 'antrea',
    settings: { ...readNodeFile({ read: () => Buffer.from('{}') }, '/node.json'), dataDir },
    store: createFileStore({ dataDir }),
    agent: undefined,
    isAnnounced: false,
    journal: fileJournal(files, dataDir),
    sweep: unused,
    ovs: { addPorts: unused, removePorts: unused, findPorts: async () => [], bridgeExists: unused },
    files,
    exec: unused,
    start: unused,
    pause: () => {},
    deadline: deadlineIn(5000),
    log: () => {},
    ...more,
  };
}

export function unused(): never {
  throw new Error('nothing of this is needed');
}
