import type { Netns } from '../test/fixture/netns.ts';

/** A network namespace that stands for a Pod. */
export interface Pod {
  readonly netns: Netns;
  readonly network: string;
  /** Without prefix length. */
  readonly addresses: readonly string[];
}
