import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { defaultNodeFile, likelyUse, nodeFilePath } from '../../src/config/node-file-path.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

it.each([undefined, ''])('the Node file is the usual one if the environment names none: %j', (named) => {
  expect(nodeFilePath(named)).toBe(defaultNodeFile);
});

it.each([
  { content: '{"kubeconfig": "/a/kubeconfig"}', ifname: 'net1', use: 'cluster' },
  { content: '{"kubeconfig": "/a/kubeconfig", "agentSocket": "/run/a.sock"}', ifname: 'net1', use: 'agent' },
  { content: '{"kubeconfig": "/a/kubeconfig", "agentSocket": "/run/a.sock"}', ifname: 'eth0', use: 'native' },
  { content: '{"bridge": "br0"}', ifname: 'eth0', use: 'file' },
  { content: '', ifname: 'net1', use: 'file' },
])('from $content it is guessed that a call for $ifname needs: $use', async ({ content, ifname, use }) => {
  const { path } = await resources.use(makeTempDir('node-file'));
  const file = join(path, 'node.json');
  writeFileSync(file, content);
  expect(likelyUse({ ANTREA_NODE_CONFIG: file, CNI_IFNAME: ifname })).toBe(use);
});

it('a Node file that cannot be read is somebody else’s problem', () => {
  expect(likelyUse({ ANTREA_NODE_CONFIG: '/nonexistent/node.json' })).toBe('file');
});
