import fs from 'node:fs';

import { makeFolder } from '../../system/make-folder.ts';
import type { Interval } from '../interval.ts';
import type { Pool } from '../pool.ts';
import { namesIn, unless } from './files.ts';
import { fullDir } from './paths.ts';

/**
 * Hints that let a search pass over what is full. An interval of a pool is a tree: a node of level
 * k covers 256^k addresses with a common prefix, its children are told apart by the next byte, and
 * a node of level 1 is a block, one directory of claims. A marker is an empty file named by the
 * child's digit in a directory of its parent. It says: nothing is free in the child (as far as the
 * interval reaches).
 *
 * - Who marks a child looks at it again afterwards, and unmarks it if something is free.
 * - Who releases an address unmarks its block and all nodes above, from the bottom up, afterwards.
 *   So does who unmarks for any other reason.
 *
 * Hence no marker survives above a free address while everybody lives: if the marking came before
 * the releaser's unmarking, that removes it; if it came later, the second look sees the free address
 * (or the missing marker below). Somebody who dies in between leaves a wrong marker: then the
 * address is not found in its turn, but it is found before a pool is called exhausted, since that
 * is decided without markers. Paths contain the generation of the pool, so markers of an older spec
 * mean nothing.
 */
export interface Tree {
  readonly dir: string;
  readonly interval: Interval;
  /** The level of the root, at least 1. A tree of level 1 has no markers. */
  readonly top: number;
}

export interface Node {
  readonly level: number;
  readonly prefix: bigint;
}

export function treeOf(dataDir: string, pool: Pool, interval: Interval): Tree {
  let top = 1;
  while (interval.first >> BigInt(8 * top) !== interval.last >> BigInt(8 * top)) top += 1;
  return { dir: `${generationDir(dataDir, pool)}/${interval.first.toString(16)}`, interval, top };
}

export function rootOf(tree: Tree): Node {
  return { level: tree.top, prefix: tree.interval.first >> BigInt(8 * tree.top) };
}

/** The children of a node that lie in the interval, lowest first. */
export function* childrenOf({ interval }: Tree, node: Node): Generator<Node> {
  const level = node.level - 1;
  const shift = BigInt(8 * level);
  const first = max(interval.first >> shift, node.prefix << 8n);
  const last = min(interval.last >> shift, (node.prefix << 8n) | 0xffn);
  for (let prefix = first; prefix <= last; prefix += 1n) yield { level, prefix };
}

/** Which children of a node are marked. */
export function markedIn(tree: Tree, node: Node): ReadonlySet<string> {
  return new Set(namesIn(markerDir(tree, node)));
}

/** The name under which a child is marked in its parent. */
export function digitOf(child: Node): string {
  return (child.prefix & 0xffn).toString(16).padStart(2, '0');
}

/** Marks a node as full. The caller looks at it again afterwards. */
export function mark(tree: Tree, node: Node): void {
  const dir = markerDir(tree, parentOf(node));
  const write = (): void => fs.closeSync(fs.openSync(`${dir}/${digitOf(node)}`, 'a', 0o600));
  if (unless(['ENOENT'], write)) return;
  makeFolder(dir);
  // The directory may be gone again, with an older generation: then nobody needs the marker.
  unless(['ENOENT'], write);
}

/** Unmarks a node and all above it. */
export function unmark(tree: Tree, node: Node): void {
  for (let current = node; current.level < tree.top; current = parentOf(current)) {
    const path = `${markerDir(tree, parentOf(current))}/${digitOf(current)}`;
    unless(['ENOENT'], () => fs.unlinkSync(path));
  }
}

/** Whether there may be markers: a cheap look before many. */
export function hasMarkers(tree: Tree): boolean {
  return tree.top > 1 && fs.existsSync(tree.dir);
}

/** Removes what older generations of the pool have left. */
export function removeOldMarkers(dataDir: string, pool: Pool): void {
  const current = generationDir(dataDir, pool);
  for (const name of namesIn(fullDir(dataDir, pool.name))) {
    const path = `${fullDir(dataDir, pool.name)}/${name}`;
    if (path !== current) fs.rmSync(path, { recursive: true, force: true });
  }
}

function generationDir(dataDir: string, pool: Pool): string {
  return `${fullDir(dataDir, pool.name)}/${pool.uid}.${pool.generation}`;
}

function markerDir(tree: Tree, node: Node): string {
  return `${tree.dir}/${node.level}-${node.prefix.toString(16)}`;
}

function parentOf(node: Node): Node {
  return { level: node.level + 1, prefix: node.prefix >> 8n };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
