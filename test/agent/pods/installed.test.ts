import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { chainedConflist } from '../../../src/agent/install/conflist.ts';
import { writeRecord, type Installation } from '../../../src/agent/install/record.ts';
import { installedNatively } from '../../../src/agent/pods/installed.ts';
import { files } from '../../../src/system/files.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

interface Place {
  readonly nodeFile: string;
  readonly confDir: string;
  readonly record: (mode: Installation['mode'] | undefined) => void;
}

async function place(): Promise<Place> {
  const { path } = await resources.use(makeTempDir('installed'));
  const [nodeFile, confDir] = [join(path, 'node.json'), join(path, 'net.d')];
  mkdirSync(confDir);
  writeFileSync(nodeFile, '{"dataDir": "/data"}');
  return {
    nodeFile,
    confDir,
    record: (mode) => {
      const current = mode && { mode, plugin: 'ours', confDir, nodeName: 'node-1', tokenLifetime: 1 };
      writeRecord(join(path, 'install.json'), { executables: [], confDirs: [], before: {}, current });
    },
  };
}

describe('the agent looks after Pods', () => {
  it('where the plugin is called for each of them', async () => {
    const { nodeFile, record } = await place();
    record('native');
    expect(installedNatively(nodeFile, files)).toStrictEqual({ dataDir: '/data', skipNamespaces: ['kube-system'] });
  });

  it('but those of Namespaces that are left alone', async () => {
    const { nodeFile, confDir, record } = await place();
    record('native');
    const content = { cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'bridge' }] };
    const text = chainedConflist({ file: '10-pods.conflist', content, plugin: 'ours' });
    const own = '"networkType": "secondary"';
    const changed = text.replace(own, `${own}, "skipNamespaces": ["kube-system", "infra"]`);
    writeFileSync(join(confDir, '00-antrea-cni.conflist'), changed);
    expect(installedNatively(nodeFile, files)?.skipNamespaces).toStrictEqual(['kube-system', 'infra']);
  });

  it.each(['multus', undefined] as const)('not with the mode %s, nor without an installation', async (mode) => {
    const { nodeFile, record } = await place();
    expect(installedNatively(nodeFile, files)).toBeUndefined();
    record(mode);
    expect(installedNatively(nodeFile, files)).toBeUndefined();
  });

  it('not where the record of the installation is damaged', async () => {
    const { nodeFile } = await place();
    writeFileSync(nodeFile.replace('node.json', 'install.json'), '{');
    expect(installedNatively(nodeFile, files)).toBeUndefined();
  });
});
