import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { defaultNodeFile, likelyStore, nodeFilePath } from '../../src/config/node-file-path.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

it.each([undefined, ''])('the Node file is the usual one if the environment names none: %j', (named) => {
  expect(nodeFilePath(named)).toBe(defaultNodeFile);
});

it.each([
  { content: '{"kubeconfig": "/etc/cni/net.d/antrea.d/kubeconfig"}', store: 'cluster' },
  { content: '{"bridge": "br0"}', store: 'file' },
  { content: '', store: 'file' },
])('from $content it is guessed that the store is the $store', async ({ content, store }) => {
  const { path } = await resources.use(makeTempDir('node-file'));
  const file = join(path, 'node.json');
  writeFileSync(file, content);
  expect(likelyStore(file)).toBe(store);
});

it('a Node file that cannot be read is somebody else’s problem', () => {
  expect(likelyStore('/nonexistent/node.json')).toBe('file');
});
