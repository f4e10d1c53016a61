import type { Context } from './context.ts';
import { namedPools } from './ipam-section.ts';

/**
 * Begins to read the pools of an ADD, if they are not in files. What the network has brought is looked at when
 * {@link takeTurn} gives it a turn, which costs little where there is nothing.
 */
export async function readPoolsAhead(context: Context): Promise<void> {
  const { store, call, ownType } = context;
  if (store.readAhead === undefined || call.config.ipamType !== ownType) return;
  store.readAhead(namedPools(call));
  await takeTurn();
}

/** What was asked before goes out, and what has come is looked at. */
export async function takeTurn(): Promise<void> {
  await new Promise(setImmediate);
}

/** Whether the store answers while something else is done; files are worked on meanwhile. */
export function isAsked({ settings }: Pick<Context, 'settings'>): boolean {
  return settings.store.kind !== 'file';
}
