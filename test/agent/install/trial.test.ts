import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { tryPlugin } from '../../../src/agent/install/trial.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

async function plugin(script: string): Promise<{ readonly executable: string; readonly nodeFile: string }> {
  const { path } = await resources.use(makeTempDir('trial'));
  const executable = join(path, 'antrea');
  writeFileSync(executable, `#!/bin/sh\n${script}\n`);
  chmodSync(executable, 0o755);
  return { executable, nodeFile: join(path, 'node.json') };
}

describe('the plugin that is to be installed', () => {
  it('is asked for its STATUS as a runtime does it', async () => {
    const trial = await plugin(
      `read -r config; echo "$CNI_COMMAND $CNI_PATH $ANTREA_NODE_CONFIG $config" >&2; test "$CNI_COMMAND" = GC`,
    );
    const folder = trial.nodeFile.replace('/node.json', '');
    const config = { cniVersion: '1.1.0', name: 'install', type: 'antrea', networkType: 'secondary' };
    const asked = `STATUS ${folder} ${trial.nodeFile} ${JSON.stringify(config)}`;
    await expect(tryPlugin(trial)).rejects.toMatchObject({
      kind: 'not-ready',
      message: `the plugin could start no Pod on this Node, so it is not put in place: ${asked}`,
    });
  });

  it('is good when it has nothing to say', async () => {
    await tryPlugin(await plugin('exit 0'));
  });

  it.each([
    ['in its own words', `echo '{"code":50,"msg":"no bridge","details":"make one"}'; exit 1`, 'no bridge: make one'],
    ['without any', 'exit 7', 'exit code 7'],
    ['that it gave no answer', 'exec sleep 30', 'no answer in 0.1 s'],
  ])('says why it is not: %s', async (_, script, reason) => {
    await expect(
      tryPlugin({ ...(await plugin(script)), timeout: script.includes('sleep') ? 100 : 20_000 }),
    ).rejects.toThrow(`is not put in place: ${reason}`);
  });
});
