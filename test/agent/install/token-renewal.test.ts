import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startTokenRenewal } from '../../../src/agent/install/token-renewal.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';
import { nodeAndTokens } from './node-and-tokens.ts';

const resources = createResources();
afterEach(resources.release);

it('a token that cannot be read is looked at again, and is renewed when that has been put right', async () => {
  const { path: folder } = await resources.use(makeTempDir('token-renewal'));
  const path = join(folder, 'token');
  fs.mkdirSync(path);
  const reasons: string[] = [];
  const seen: string[] = [];
  const { stop } = startTokenRenewal({
    client: nodeAndTokens,
    nodeName: 'n',
    path,
    lifetime: 86_400_000,
    interval: 20,
    log: (_level, _message, facts) => reasons.push(String(facts?.['reason'])),
    observe: (outcome) => seen.push(outcome),
  });
  resources.defer(stop);
  await until(() => seen.length >= 7, { what: 'failures' });
  expect(reasons[0]).toBe(`${path} cannot be read: EISDIR: illegal operation on a directory, read`);
  // Of the first, the second, the fourth, …
  expect(reasons).toHaveLength(Math.floor(Math.log2(seen.length)) + 1);
  fs.rmdirSync(path);
  await until(() => seen.includes('done'), { what: 'a token' });
  expect(fs.readFileSync(path, 'utf8')).toContain('.');
});
