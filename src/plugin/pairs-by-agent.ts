import { NoAnswer } from '../agent-protocol/exchange.ts';
import type { MadePair } from '../net/ip-orders.ts';
import { netnsName, ownNetns } from '../net/netns.ts';
import type { Context } from './context.ts';

/** Milliseconds: the agent makes those of all Pods of this Node, one after the other. */
const patience = 12_000;

/**
 * Has the agent make the veth pairs, with a program that runs already.
 * @param netns descriptor of the Pod's open network namespace
 * @returns false when there is no agent, or it has not done it
 */
export async function madeByAgent(
  { agent, call }: Pick<Context, 'agent' | 'call'>,
  netns: number,
  pairs: readonly MadePair[],
): Promise<boolean> {
  if (agent === undefined) return false;
  const { netns: path } = call.request;
  try {
    const question = { op: 'pairs', host: ownNetns(), netns: netnsName(netns), path, pairs } as const;
    const { error } = await agent.ask(question, patience);
    return error === undefined;
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  }
}
