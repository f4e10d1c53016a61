import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { wasRebooted } from '../../../src/agent/cleanup/boot.ts';
import { bootID } from '../../../src/system/boot-id.ts';
import { files } from '../../../src/system/files.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

it('a reboot is known by another boot ID than the last time, once', async () => {
  const { path } = await resources.use(makeTempDir('boot'));
  expect(wasRebooted(files, path, 'a')).toBe(false);
  expect(wasRebooted(files, path, 'a')).toBe(false);
  expect(wasRebooted(files, path, 'b')).toBe(true);
  expect(wasRebooted(files, path, 'b')).toBe(false);
});

it('a note that cannot be read says nothing', async () => {
  const { path } = await resources.use(makeTempDir('boot'));
  files.replace(join(path, 'agent/boot.json'), '{"boot"');
  expect(wasRebooted(files, path, 'a')).toBe(false);
});

it('this boot has an ID', () => {
  expect(bootID()).toMatch(/^[0-9a-f-]{36}$/u);
});
