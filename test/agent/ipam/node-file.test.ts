import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noteSocket } from '../../../src/agent/ipam/node-file.ts';
import { removeOwnKeys } from '../../../src/agent/install/node-file.ts';
import { nodeFolder, writeRecord, type Installation } from '../../../src/agent/install/record.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
let nodeFile: string;

beforeEach(async () => {
  nodeFile = join((await resources.use(makeTempDir('node-file'))).path, 'node.json');
});
afterEach(resources.release);

const socket = '/run/antrea-cni/agent.sock';
const keys = { store: 'kubernetes', kubeconfig: '/k', nodeName: 'node-1', mtu: 1400 };

describe('the Node file', () => {
  it('names the socket where the plugin was installed, once, and not any more when it is uninstalled', () => {
    installed('node-1');
    expect(note()).toBe(true);
    expect(content()).toStrictEqual({ ...keys, agentSocket: socket });
    expect(note()).toBe(false);
    removeOwnKeys({ path: nodeFile, kubeconfig: '/k', before: {} });
    expect(content()).toStrictEqual({ mtu: 1400 });
  });

  it.each<[string, () => void]>([
    ['of a Node without an installation', () => {}],
    ['of another Node', () => installed('node-2')],
    ['of an installation that is being taken away', () => installed(undefined)],
    [
      'of a store in files',
      () => {
        installed('node-1');
        writeFileSync(nodeFile, '{"mtu": 1400}');
      },
    ],
    [
      'whose administrator has named another one',
      () => {
        installed('node-1');
        writeFileSync(nodeFile, JSON.stringify({ ...keys, agentSocket: '/run/other.sock' }));
      },
    ],
  ])('%s stays as it is', (_what, prepare) => {
    writeFileSync(nodeFile, JSON.stringify(keys));
    prepare();
    const before = content();
    expect(note()).toBe(false);
    expect(content()).toStrictEqual(before);
  });
});

function note(): boolean {
  return noteSocket(nodeFile, { socket, nodeName: 'node-1' });
}

function content(): unknown {
  return JSON.parse(readFileSync(nodeFile, 'utf8'));
}

function installed(nodeName: string | undefined): void {
  writeFileSync(nodeFile, JSON.stringify(keys));
  const current: Installation | undefined =
    nodeName === undefined
      ? undefined
      : { mode: 'multus', plugin: 'antrea', confDir: '/c', nodeName, tokenLifetime: 1 };
  writeRecord(nodeFolder(nodeFile).record, { executables: [], confDirs: [], before: {}, current });
}
