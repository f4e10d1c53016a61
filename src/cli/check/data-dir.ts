import fs from 'node:fs';
import { dirname } from 'node:path';
import { claim, discard, prepareClaimAs, releaseClaim } from '../../ipam/file/claim.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';

const name = 'data folder';

/** Whether the file store can work there: tried with its own steps, in a folder that is removed again. */
export function checkDataDir(dataDir: string): Finding {
  const there = nearestExisting(dataDir);
  const what = there === dataDir ? dataDir : `${dataDir} (is made when it is needed)`;
  try {
    tryClaims(there);
    return judge(what, fs.statfsSync(there));
  } catch (error) {
    const advice =
      "make it a writable folder of a local file system, or name another one in the Node file's dataDir; run this as root";
    return fail(name, `${what}: ${messageOf(error)}`, advice);
  }
}

function nearestExisting(path: string): string {
  return fs.existsSync(path) || path === '/' ? path : nearestExisting(dirname(path));
}

/** Two claimants of one address: exactly one must get it. */
function tryClaims(dir: string): void {
  const trial = fs.mkdtempSync(`${dir}/.check-`);
  try {
    const [first, second] = ['1', '2'].map((id) => prepareClaimAs(trial, { id, text: 'trial\n' }));
    if (first === undefined || second === undefined) return;
    const outcomes = [claim(first, `${trial}/claim`), claim(second, `${trial}/claim`)];
    discard(second);
    if (outcomes.join(' ') === 'true false' && releaseClaim(`${trial}/claim`, '1')) return;
    throw new Failure('io', 'this file system lets two processes claim the same address');
  } finally {
    fs.rmSync(trial, { recursive: true, force: true });
  }
}

/** An allocation is a folder and a file. */
const perAllocation = { inodes: 2, bytes: 8192 };
/** statfs(2) */
const temporary = new Set([0x01021994, 0x858458f6]);
const network = new Set([0x6969, 0xff534d42, 0xfe534d42, 0x517b]);

/** @param what names the folder */
export function judge(what: string, { type, bsize, bavail, files, ffree }: fs.StatsFs): Finding {
  const byInodes = files === 0 ? Number.POSITIVE_INFINITY : ffree / perAllocation.inodes;
  const room = Math.floor(Math.min(byInodes, (bavail * bsize) / perAllocation.bytes));
  const message = `${what}: room for about ${room} addresses`;
  if (room < 100) return fail(name, message, 'make room (df -h, df -i)');
  if (network.has(type))
    return warn(name, `${message}, on a network file system`, 'use a local one: this store is for one Node');
  if (temporary.has(type))
    return warn(
      name,
      `${message}, in memory: pools are gone after a restart`,
      'use a disk, or apply the pools at each start',
    );
  return room < 10_000 ? warn(name, message, 'make room (df -h, df -i)') : ok(name, message);
}
