import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { begunRecords } from '../../src/agent-protocol/begun.ts';
import { attachmentKey } from '../../src/system/attachment-id.ts';
import { files } from '../../src/system/files.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

const id = { containerID: 'c1', ifname: 'net1' };
const begun = (pool: string) => ({ pool, address: '10.0.0.2', attempt: 'abc' });

async function folder(): Promise<string> {
  return (await resources.use(makeTempDir('records'))).path;
}

it('records are of one interface and one pool each, and beside the socket', async () => {
  const path = await folder();
  const records = begunRecords(files, `${path}/agent.sock`);
  for (const pool of ['a', 'b']) records.write(id, begun(pool));
  records.write({ ...id, ifname: 'net2' }, begun('a'));
  records.remove(id, 'b');
  expect(records.of(id)).toMatchObject([begun('a')]);
  expect(files.list(`${path}/begun`)).toHaveLength(2);
});

it('there are none where there is no folder', async () => {
  const records = begunRecords(files, `${await folder()}/agent.sock`);
  expect(records.of(id)).toStrictEqual([]);
  records.remove(id, 'a');
});

it.each([
  ['cut off', '{"version":1,"pool":'],
  ['of a version to come', JSON.stringify({ version: 2, ...begun('a') })],
  ['without an attempt', JSON.stringify({ version: 1, pool: 'a', address: '10.0.0.2' })],
])('one that is %s tells of nothing', async (_what, content) => {
  const path = await folder();
  mkdirSync(`${path}/begun`);
  writeFileSync(`${path}/begun/${attachmentKey(id)}.a`, content);
  expect(begunRecords(files, `${path}/agent.sock`).of(id)).toStrictEqual([]);
});

it('what a killed agent has not put in its place tells of nothing, and is swept away', async () => {
  const path = await folder();
  const records = begunRecords(files, `${path}/agent.sock`);
  records.write(id, begun('a'));
  records.write({ ...id, ifname: 'net2' }, begun('a'));
  copyFileSync(`${path}/begun/${attachmentKey(id)}.a`, `${path}/begun/${attachmentKey(id)}.a.7.tmp`);
  expect(records.of(id)).toHaveLength(1);
  records.sweep(id);
  expect(records.of(id)).toHaveLength(1);
  expect(files.list(`${path}/begun`)).toHaveLength(2);
});
