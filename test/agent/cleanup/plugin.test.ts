import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { installedPlugin } from '../../../src/agent/cleanup/plugin.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

it('an agent that ends calls the plugin no more: nobody would wait for its end', async () => {
  const { path } = await resources.use(makeTempDir('plugin'));
  const ending = new AbortController();
  const plugin = installedPlugin(join(path, 'node.json'), ending.signal);
  ending.abort();
  await expect(plugin.call({ command: 'GC', config: {} }, 2000)).rejects.toThrow('the agent ends');
});
