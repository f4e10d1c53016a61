import { NoAnswer } from '../agent-protocol/exchange.ts';
import type { Made } from '../net/attach.ts';
import type { MadePair } from '../net/ip-orders.ts';
import { netnsName, ownNetns } from '../net/netns.ts';
import type { Context } from './context.ts';

/** Milliseconds: the agent makes those of all Pods of this Node, one after the other. */
const patience = 12_000;

/** The Pod's network namespace. */
export interface OpenNetns {
  readonly path: string;
  readonly descriptor: number;
}

/**
 * Has the agent make the veth pairs, with a program that runs already.
 * @returns `unknown` when it may be about to: it was asked, and has ended
 */
export async function madeByAgent(
  { agent }: Pick<Context, 'agent'>,
  { path, descriptor }: OpenNetns,
  pairs: readonly MadePair[],
): Promise<Made> {
  if (agent === undefined) return 'not made';
  try {
    const question = { op: 'pairs', host: ownNetns(), netns: netnsName(descriptor), path, pairs } as const;
    const { error } = await agent.ask(question, patience);
    return error === undefined ? 'made' : 'not made';
  } catch (error) {
    if (error instanceof NoAnswer) return error.mayBeDone ? 'unknown' : 'not made';
    throw error;
  }
}
