import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { liveNetns } from '../../../src/plugin/native/live-netns.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

it('a network namespace is there where the path leads to one, and to nothing else', async () => {
  const { path: folder } = await resources.use(makeTempDir('netns'));
  const [link, file, below] = [join(folder, 'link'), join(folder, 'file'), join(folder, 'folder')];
  symlinkSync('/proc/self/ns/net', link);
  writeFileSync(file, '');
  mkdirSync(below);
  const paths = ['/proc/self/ns/net', link, file, below, join(folder, 'gone'), join(file, 'x'), '/dev/null', ''];
  expect(paths.map(liveNetns)).toStrictEqual(['/proc/self/ns/net', link, '', '', '', '', '', '']);
});
