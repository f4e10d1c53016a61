import fs from 'node:fs';

import { createFileStore } from '../../../src/ipam/file/store.ts';
import type { Allocation, Store } from '../../../src/ipam/store.ts';
import { formatAddress } from '../../../src/ipam/address.ts';
import { owner } from '../sample.ts';

/**
 * A process of its own for tests: `worker.ts allocate|churn <dataDir> <containerID>`. It says
 * `ready`, waits for its standard input, and then prints the address that it got, or `exhausted`.
 * `churn` goes on taking and releasing until it is killed or sees what may not be; it prints that.
 */
const [mode = '', dataDir = '', containerID = ''] = process.argv.slice(2);
const store = createFileStore({ dataDir });
fs.writeSync(1, 'ready\n');
fs.readSync(0, Buffer.alloc(1));
if (mode === 'churn') await churn();
const got = await take(store);
fs.writeSync(1, `${got === undefined ? 'exhausted' : formatAddress(got.address)}\n`);

async function churn(): Promise<never> {
  let last: Allocation | undefined;
  for (;;) {
    const allocation = await take(store);
    if (allocation === undefined) complain('exhausted');
    const using = `${dataDir}/in-use-${formatAddress(allocation.address)}`;
    try {
      fs.closeSync(fs.openSync(using, 'wx'));
    } catch {
      complain(`${using} was given twice`);
    }
    // A late release of what is released already must not hit whoever has the address now.
    if (last !== undefined && (await store.release(last)) === 'released') complain(`${using} was released twice`);
    fs.unlinkSync(using);
    if ((await store.release(allocation)) !== 'released') complain(`${using} was released by somebody else`);
    last = allocation;
  }
}

function complain(what: string): never {
  fs.writeSync(1, `${what}\n`);
  process.exit(1);
}

async function take(from: Store): Promise<Allocation | undefined> {
  const pool = await from.readPool('p');
  for await (const candidate of from.candidates(pool)) {
    const { created, allocation } = await from.create(pool, candidate, owner(containerID));
    if (created) return allocation;
  }
  return undefined;
}
