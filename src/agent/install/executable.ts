import fs from 'node:fs';
import { Failure } from '../../system/failure.ts';
import { unlessMissing } from '../../system/files.ts';
import { putWhole } from './whole-file.ts';

export interface Copy {
  /** Path of what is to be installed. */
  readonly from: string;
  readonly to: string;
  /** Whether an installation of ours has put there what is there. */
  readonly isOurs: boolean;
}

/**
 * Every executable of ours has this, and Antrea's own plugin, of the same name, has not. In parts here: the build looks
 * for the only place that has it (https://nodejs.org/api/single-executable-applications.html).
 */
const fuse = Buffer.from(['NODE', 'SEA', 'FUSE', 'fce680ab2cc467b6e072b8b5df1996b2:1'].join('_'));
/** Bytes: a large page, so that what is written in one go may lie in one (docs/adr/0002-bundle.md). */
const chunk = 2 * 1024 * 1024;

/**
 * What there is to do. @throws Failure `refused` for another program of that name */
export function planCopy({ from, to, isOurs }: Copy): 'unchanged' | 'installed' | 'replaced' {
  const kind = compare(from, to);
  if (kind === 'same') return 'unchanged';
  if (kind === 'other' && !isOurs && !holds(to, fuse)) {
    throw new Failure('refused', `${to} is another program: perhaps the plugin of the primary network`, {
      details: 'install this one under another name, which networks then give as their type: --plugin-name antrea-vlan',
    });
  }
  return kind === 'missing' ? 'installed' : 'replaced';
}

/** Puts the executable where a runtime looks for it, while it may be running, or this very process is it. @throws Failure `io` */
export function copyExecutable({ from, to }: Pick<Copy, 'from' | 'to'>): void {
  putWhole({ path: to, mode: 0o755, fill: (temporary) => copyChunks(from, temporary) });
}

export function compare(from: string, to: string): 'same' | 'other' | 'missing' {
  const there = unlessMissing(() => fs.statSync(to));
  if (there === undefined) return 'missing';
  const isExecutable = (there.mode & 0o111) === 0o111;
  if (isExecutable && fs.realpathSync(from) === fs.realpathSync(to)) return 'same';
  return isExecutable && fs.statSync(from).size === there.size && isEqual(from, to) ? 'same' : 'other';
}

/** fs.copyFileSync() leaves it in the kernel's cache in small pieces, and each start of it is longer then. */
function copyChunks(from: string, to: string): void {
  const descriptor = fs.openSync(to, 'wx', 0o600);
  try {
    for (const bytes of chunksOf(from)) fs.writeFileSync(descriptor, bytes);
  } finally {
    fs.closeSync(descriptor);
  }
}

function isEqual(one: string, other: string): boolean {
  const others = chunksOf(other);
  for (const bytes of chunksOf(one)) {
    const { value } = others.next();
    if (value === undefined || !bytes.equals(value)) return false;
  }
  return true;
}

function holds(path: string, wanted: Buffer): boolean {
  let tail = Buffer.alloc(0);
  for (const bytes of chunksOf(path)) {
    const part = Buffer.concat([tail, bytes]);
    if (part.includes(wanted)) return true;
    tail = part.subarray(-wanted.length);
  }
  return false;
}

/** 100 MB are not read at once. */
function* chunksOf(path: string): Generator<Buffer, undefined> {
  const descriptor = fs.openSync(path, 'r');
  try {
    for (;;) {
      const bytes = Buffer.allocUnsafe(chunk);
      const length = fs.readSync(descriptor, bytes, 0, chunk, null);
      if (length === 0) return;
      yield bytes.subarray(0, length);
    }
  } finally {
    fs.closeSync(descriptor);
  }
}
