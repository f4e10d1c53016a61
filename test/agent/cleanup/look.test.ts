import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookAt, viewNode } from '../../../src/agent/cleanup/look.ts';
import type { Remains } from '../../../src/agent/cleanup/remains.ts';
import type { Sighting } from '../../../src/agent/cleanup/verdict.ts';
import type { Allocation } from '../../../src/ipam/store.ts';
import { attachmentKey, hostInterfaceName } from '../../../src/system/attachment-id.ts';
import { files } from '../../../src/system/files.ts';
import { ownProcess } from '../../../src/system/processes.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { address } from '../../ipam/sample.ts';
import { containerID, nothing, record } from './sample.ts';

const resources = createResources();
let dataDir: string;
beforeEach(async () => {
  dataDir = (await resources.use(makeTempDir('look'))).path;
});
afterEach(resources.release);

const attachment = { containerID, ifname: 'net1', network: 'blue', wired: true, pools: [] };
const pod = { namespace: 'n', name: 'p', uid: 'u', containerID, ifName: 'net1', node: 'node-1' };
const allocation: Allocation = {
  pool: 'a',
  poolUID: '',
  address: address('10.0.0.5'),
  phase: 'Allocated',
  owner: { network: 'blue', pod },
  version: '1',
};

/** @param links interfaces of the sandbox whose host's end is there */
function seen(remains: Partial<Remains>, links: readonly string[] = []): Sighting {
  const names = links.map((ifname) => hostInterfaceName({ containerID, ifname }));
  const view = { ...viewNode(files, dataDir), stateOf: () => 'absent' as const, isBeforeReboot: () => false };
  return lookAt({ ...nothing, ...remains }, { ...view, links: new Set(names) });
}

function lock(ifname: string, holder: string): void {
  mkdirSync(join(dataDir, 'locks', attachmentKey({ containerID, ifname }), holder), { recursive: true });
}

describe('a look at a sandbox', () => {
  it.each<readonly [string, Partial<Remains>]>([
    ['the journal', { attachments: [attachment] }],
    ['the record of its Pod', { records: [record] }],
    ['the store alone', { allocations: [allocation] }],
  ])('finds the link of an interface that %s tells of', (_, remains) => {
    expect(seen(remains, ['net1']).linked).toBe(true);
    expect(seen(remains, ['net2']).linked).toBe(false);
    expect(seen(remains).linked).toBe(false);
  });

  it('says when nothing but addresses is known of it', () => {
    expect(seen({ allocations: [allocation] }).addressesOnly).toBe(true);
    expect(seen({ allocations: [allocation], attachments: [attachment] }).addressesOnly).toBe(false);
    expect(seen({ allocations: [allocation], records: [record] }).addressesOnly).toBe(false);
  });

  it('finds a call that is under way for an interface, or for the Pod, by the lock that it holds', () => {
    const parent = files.read(`/proc/${process.ppid}/stat`).toString();
    const started = parent.slice(parent.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    lock('net1', `${process.ppid}.${started}`);
    expect(seen({ attachments: [attachment] }).busy).toBe(true);
    expect(seen({ records: [record] }).busy).toBe(true);
    expect(seen({ attachments: [{ ...attachment, ifname: 'net2' }] }).busy).toBe(false);
  });

  it('knows the links of this Node', () => {
    expect(viewNode(files, dataDir).links).toContain('lo');
  });

  it('is not hindered by a lock whose holder is dead, or is this process', () => {
    const { pid, started } = ownProcess();
    lock('net1', `${pid}.${started}`);
    lock('net1', '4194305.1');
    expect(seen({ attachments: [attachment] }).busy).toBe(false);
  });
});
