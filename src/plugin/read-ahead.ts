import type { Context } from './context.ts';
import { namedPools } from './ipam-section.ts';

/**
 * Begins to read the pools of an ADD, if they are not in files. What the network has brought is looked at when
 * {@link takeTurn} gives it a turn, which costs little where there is nothing.
 */
export async function readPoolsAhead({ store, call, ownType }: Context): Promise<void> {
  if (store.readAhead === undefined || call.config.ipamType !== ownType) return;
  store.readAhead(namedPools(call));
  await takeTurn({ store });
}

export async function takeTurn({ store }: Pick<Context, 'store'>): Promise<void> {
  if (store.readAhead !== undefined) await new Promise(setImmediate);
}
