import type { FailureKind } from '../../src/system/failure.ts';

const all: Readonly<Record<FailureKind, true>> = {
  incompatible: true,
  unsupported: true,
  environment: true,
  io: true,
  decode: true,
  config: true,
  netns: true,
  unavailable: true,
  'not-ready': true,
  ipam: true,
  wiring: true,
  check: true,
  'not-found': true,
  refused: true,
};

/** Every kind of Failure: the type keeps the list whole. */
export const kinds: readonly FailureKind[] = Object.keys(all).filter((kind): kind is FailureKind => kind in all);
