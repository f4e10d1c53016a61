import fs from 'node:fs';

import { poolIntervals } from '../allocatable.ts';
import type { Address } from '../address.ts';
import { intervalContains } from '../interval.ts';
import type { Interval } from '../interval.ts';
import type { Pool } from '../pool.ts';
import { removeIfEmpty } from './claim.ts';
import { namesIn } from './files.ts';
import { childrenOf, digitOf, hasMarkers, mark, markedIn, rootOf, treeOf, unmark } from './markers.ts';
import type { Node, Tree } from './markers.ts';
import { blockDir, byteName, poolAllocationsDir } from './paths.ts';

/**
 * The free addresses of a pool, ranges in order, lowest first, each as of the moment when it is
 * asked for. Reads one directory of at most 256 names per level of the tree of an interval (at most
 * four for IPv4, sixteen for IPv6), however large or full the pool is. It ends only after a look at
 * every block, without markers, that found nothing free, and during which none of them changed: or
 * else addresses may have become free behind the look and been taken before it. The last look also
 * frees what a release that died half-way has left.
 */
export function* freeAddresses(dataDir: string, pool: Pool): Generator<Address, void> {
  const trees = poolIntervals(pool).map((interval) => treeOf(dataDir, pool, interval));
  const claims = poolAllocationsDir(dataDir, pool.name);
  let trust = trees.some(hasMarkers);
  let careful = false;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    let full = true;
    const look: Look = { since: Date.now() - CLOCK_TOLERANCE_MILLISECONDS, restless: false };
    for (const tree of trees) {
      const search: Search = { tree, trust: trust && hasMarkers(tree), careful, claims, pool, look };
      full = (yield* searchNode(search, rootOf(tree))) && full;
    }
    if (full && !trust) {
      if (careful && !look.restless) return;
      careful ||= !look.restless || pass >= LAST_CARELESS_PASS;
    }
    trust = false;
  }
}

/** Unmarks what covers an address that has just been released. */
export function unmarkAddress(dataDir: string, pool: Pool, address: Address): void {
  for (const interval of poolIntervals(pool)) {
    if (!intervalContains(interval, address.value)) continue;
    const tree = treeOf(dataDir, pool, interval);
    if (hasMarkers(tree)) unmark(tree, { level: 1, prefix: address.value >> 8n });
  }
}

/** Reached by callers that leave free addresses untaken, and in pools that are full and change all the time. */
const MAX_PASSES = 16;
/** Also then somebody looks at last for what was left half-way: one look, and one to find it. */
const LAST_CARELESS_PASS = MAX_PASSES - 3;

/** The kernel stamps directories with the time of its last tick: up to 10 ms ago. */
const CLOCK_TOLERANCE_MILLISECONDS = 20;

interface Look {
  readonly since: number;
  /** Whether a full block has changed since then. */
  restless: boolean;
}

interface Search {
  readonly tree: Tree;
  /** Whether markers are believed. */
  readonly trust: boolean;
  /** Whether claims are looked into: it is the last look before the pool is called exhausted. */
  readonly careful: boolean;
  readonly claims: string;
  readonly pool: Pool;
  readonly look: Look;
}

/** Yields what is free below the node; returns whether at the end nothing was. */
function* searchNode(search: Search, node: Node): Generator<Address, boolean> {
  if (node.level === 1) return yield* searchBlock(search, node);
  const { tree, trust } = search;
  const marked = markedIn(tree, node);
  let full = true;
  for (const child of childrenOf(tree, node)) {
    const isMarked = marked.has(digitOf(child));
    if (isMarked && trust) continue;
    const childIsFull = yield* searchNode(search, child);
    full = childIsFull && (isMarked || markAndLook(search, child)) && full;
  }
  return full;
}

function* searchBlock(search: Search, node: Node): Generator<Address, boolean> {
  const { tree, trust, claims, pool } = search;
  const { first, last } = withinBlock(tree.interval, node);
  for (let from = first; ;) {
    // Read again for each address: whoever comes back has lost the last one to somebody, and others have gone too.
    const taken = takenIn(claims, pool, node);
    const value = lowestFree(taken, { first: from, last });
    if (value === undefined) {
      if (search.careful) tidy(blockOf(claims, pool, node), taken);
      if (!trust) noteChange(search, node);
      return lowestFree(taken, { first, last }) === undefined;
    }
    // Somebody died before unmarking. Now, because whoever gets the address does not come back.
    if (!trust && hasMarkers(tree)) unmark(tree, node);
    yield { family: pool.family, value };
    from = value + 1n;
  }
}

/** Somebody died while releasing: what is empty is free, and a change that noteChange() sees. */
function tidy(block: string, taken: ReadonlySet<string>): void {
  for (const byte of taken) removeIfEmpty(`${block}/${byte}`);
}

function noteChange({ claims, pool, look }: Search, node: Node): void {
  const stat = fs.statSync(blockOf(claims, pool, node), { throwIfNoEntry: false });
  if (stat !== undefined && stat.mtimeMs >= look.since) look.restless = true;
}

/** Returns whether the node is still full after it was marked. */
function markAndLook(search: Search, node: Node): boolean {
  const { tree } = search;
  mark(tree, node);
  if (isFull(search, node)) return true;
  unmark(tree, node);
  return false;
}

function isFull({ tree, claims, pool }: Search, node: Node): boolean {
  if (node.level === 1) return lowestFree(takenIn(claims, pool, node), withinBlock(tree.interval, node)) === undefined;
  const marked = markedIn(tree, node);
  return Array.from(childrenOf(tree, node)).every((child) => marked.has(digitOf(child)));
}

function takenIn(claims: string, pool: Pool, node: Node): ReadonlySet<string> {
  return new Set(namesIn(blockOf(claims, pool, node)));
}

function blockOf(claims: string, pool: Pool, node: Node): string {
  return blockDir(claims, { family: pool.family, value: node.prefix << 8n });
}

function lowestFree(taken: ReadonlySet<string>, { first, last }: Interval): bigint | undefined {
  for (let value = first; value <= last; value += 1n) {
    if (!taken.has(byteName(value))) return value;
  }
  return undefined;
}

function withinBlock(interval: Interval, { prefix }: Node): Interval {
  const first = prefix << 8n;
  const last = first | 0xffn;
  return { first: interval.first > first ? interval.first : first, last: interval.last < last ? interval.last : last };
}
