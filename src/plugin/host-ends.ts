import { NoAnswer } from '../agent-protocol/exchange.ts';
import type { HostEnd } from '../net/ip-orders.ts';
import { ownNetns } from '../net/netns.ts';
import type { Context } from './context.ts';

/** Milliseconds: a little more than the agent waits for its program. */
const patience = 4000;

/**
 * Has the agent set up the host's ends of pairs, with a program that runs already.
 * @returns false when there is no agent, or it has not done it
 */
export async function setByAgent({ agent }: Pick<Context, 'agent'>, ends: readonly HostEnd[]): Promise<boolean> {
  if (agent === undefined) return false;
  try {
    const { error } = await agent.ask({ op: 'ends', netns: ownNetns(), ends }, patience);
    return error === undefined;
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  }
}
