import type { Context } from './context.ts';

/** One of the networks of a Pod that are attached, or detached, together. */
export interface Member {
  /** Of a call for this network alone. */
  readonly context: Context;
  /** What a message calls it; empty when it is the only one. */
  readonly label: string;
}

/** What a message about all of them says. */
export function labelOf(members: readonly Member[]): string {
  return members.map(({ label }) => label).join(', ');
}
