import { expect, it } from 'vitest';
import { defaultDataDir, locksFolder } from '../../src/config/node-folders.ts';

it('the locks of a Node are in memory, those of another data folder within it', () => {
  expect([defaultDataDir, '/srv/data'].map(locksFolder)).toStrictEqual(['/run/antrea-cni/locks', '/srv/data/locks']);
});
