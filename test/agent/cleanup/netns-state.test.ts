import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { netnsState } from '../../../src/agent/cleanup/netns-state.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

async function folder(): Promise<string> {
  const { path } = await resources.use(makeTempDir('netns'));
  mkdirSync(join(path, 'netns'));
  writeFileSync(join(path, 'netns/file'), '');
  symlinkSync('/proc/self/ns/net', join(path, 'netns/here'));
  return path;
}

describe('the netns of a sandbox', () => {
  it.each([
    ['is there', 'there', ['netns/here', 'netns/gone']],
    ['is gone', 'gone', ['netns/gone']],
    ['is not known', 'unclear', []],
    [
      'is a file that no namespace is mounted on, as in a container without mount propagation',
      'unclear',
      ['netns/file'],
    ],
    ['is in a folder that is not there, as in a container without it', 'unclear', ['no-folder/gone']],
    ['is gone, and another one is not seen', 'unclear', ['netns/gone', 'netns/file']],
  ] as const)('%s: %s', async (_, state, paths) => {
    const dir = await folder();
    expect(netnsState(paths.map((path) => join(dir, path)))).toBe(state);
  });

  it('is gone when its process is, and when that has the number of one of the Node by now', () => {
    expect(netnsState(['/proc/4194305/ns/net'])).toBe('gone');
    expect(netnsState(['/proc/self/ns/net'])).toBe('gone');
  });
});
