import { NoAnswer, openExchange } from '../agent-protocol/exchange.ts';
import { Failure } from '../system/failure.ts';
import type { JournalEntry } from '../system/journal.ts';
import type { Context } from './context.ts';
import { hasOurs } from './ipam-source.ts';

/** Milliseconds: it answers at once, or not at all. */
const patience = 2000;

/**
 * Releases addresses, by `release`; or, when the store cannot be reached, leaves them to the Node's agent. It finds in
 * the journal what is to be released, and does it when the store is back and the sandbox is gone. So an API server that
 * is away does not keep a Pod from being deleted.
 * @returns whether they are left: then the journal's entry has to stay
 * @throws what `release` throws when there is no entry, no agent of this Node that lives, or another reason
 */
export async function releaseOrLeave(
  context: Leaving,
  entry: JournalEntry | undefined,
  release: () => Promise<void>,
): Promise<boolean> {
  try {
    await release();
    return false;
  } catch (error) {
    const isAway = error instanceof Failure && error.kind === 'unavailable';
    if (!isAway || entry === undefined || !areAllOurs(entry) || !(await agentLives(context))) throw error;
    context.log('warn', 'the store is away: the agent will release the addresses', { error: error.message });
    return true;
  }
}

export interface Leaving extends Pick<Context, 'log'> {
  readonly settings: Pick<Context['settings'], 'store' | 'nodeName'>;
}

/** Of what another plugin gave, that one has to tell whether it is taken back. */
function areAllOurs({ ipam, pools, addresses }: JournalEntry): boolean {
  return ipam === undefined && hasOurs({ pools, addresses });
}

async function agentLives({ settings: { store, nodeName } }: Leaving): Promise<boolean> {
  if (store.kind === 'file' || store.agentSocket === undefined) return false;
  const exchange = openExchange(store.agentSocket);
  try {
    const { node } = await exchange.ask({ op: 'hello' }, patience);
    return node === nodeName;
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  } finally {
    exchange.close();
  }
}
