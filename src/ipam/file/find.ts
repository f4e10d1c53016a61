import fs from 'node:fs';

import { Failure, messageOf } from '../../system/failure.ts';
import { matchesFilter } from '../owner.ts';
import type { Allocation, OwnerFilter } from '../store.ts';
import { readAllocation } from './allocation-file.ts';
import { namesIn, unless } from './files.ts';
import { addressOf, allocationsDir, poolAllocationsDir } from './paths.ts';

export interface FindRequest {
  readonly dataDir: string;
  readonly filter: OwnerFilter;
  /** Only this pool; it need not exist any more. */
  readonly pool: string | undefined;
}

/**
 * Every allocation that matches, in no order that means anything. Records that cannot be read do not
 * stop the search: they are reported at its end.
 * @throws Failure `io` at the end, naming them
 */
export function* findAllocations({ dataDir, filter, pool }: FindRequest): Generator<Allocation, void> {
  const problems: unknown[] = [];
  for (const name of pool === undefined ? namesIn(allocationsDir(dataDir)) : [pool]) {
    for (const found of allocationsOf(dataDir, name)) {
      if (found.problem !== undefined) problems.push(found.problem);
      else if (found.allocation && matchesFilter(found.allocation.owner, filter)) yield found.allocation;
    }
  }
  if (problems.length === 0) return;
  const details = problems.map(messageOf).join('\n');
  throw new Failure(
    'io',
    `${problems.length} of the records in ${allocationsDir(dataDir)} cannot be read: ${messageOf(problems[0])}`,
    { details },
  );
}

/** How many addresses of a pool are held. The empty directory of a release that died half-way is no address. */
export function countAllocations(dataDir: string, pool: string): number {
  const dir = poolAllocationsDir(dataDir, pool);
  const blocks = (namesInFolder(dir) ?? []).map((block) => `${dir}/${block}`);
  const claims = blocks.flatMap((block) => (namesInFolder(block) ?? []).map((byte) => `${block}/${byte}`));
  return claims.filter(isHeld).length;
}

/** What is no directory is none of this store's making: a search tells of it. */
function isHeld(claim: string): boolean {
  let held = false;
  unless(['ENOENT', 'ENOTDIR'], () => {
    held = fs.readdirSync(claim).length > 0;
  });
  return held;
}

interface Found {
  readonly allocation?: Allocation | undefined;
  readonly problem?: unknown;
}

function* allocationsOf(dataDir: string, pool: string): Generator<Found, void> {
  const dir = poolAllocationsDir(dataDir, pool);
  const blocks = namesInFolder(dir);
  if (blocks === undefined) yield { problem: stray(dir) };
  for (const block of blocks ?? []) {
    const bytes = namesInFolder(`${dir}/${block}`);
    if (bytes === undefined) yield { problem: stray(`${dir}/${block}`) };
    for (const byte of bytes ?? []) yield read({ dataDir, pool, block, byte });
  }
}

/** undefined for what is no folder. */
function namesInFolder(path: string): readonly string[] | undefined {
  let names: readonly string[] = [];
  const isFolder = unless(['ENOTDIR'], () => {
    names = namesIn(path);
  });
  return isFolder ? names : undefined;
}

function stray(path: string): Failure {
  return new Failure('io', `${path} is not of this store's making: expected only addresses there`);
}

function read({ dataDir, pool, block, byte }: { dataDir: string; pool: string; block: string; byte: string }): Found {
  const address = addressOf(block, byte);
  const path = `${poolAllocationsDir(dataDir, pool)}/${block}/${byte}`;
  if (address === undefined) return { problem: stray(path) };
  try {
    return { allocation: readAllocation({ dataDir, pool, address }) };
  } catch (problem) {
    return { problem };
  }
}
