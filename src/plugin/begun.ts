import { announcedFor } from '../agent-protocol/announcement.ts';
import { begunRecords, type Begun, type BegunRecords } from '../agent-protocol/begun.ts';
import { parseAddress } from '../ipam/address.ts';
import { ownerOf } from '../ipam/owner.ts';
import { messageOf } from '../system/failure.ts';
import type { Context } from './context.ts';

/** What the agent has begun for calls that were announced; undefined without an agent. */
export function recordsOf({
  settings: { store },
  files,
}: Pick<Context, 'settings' | 'files'>): BegunRecords | undefined {
  if (store.kind === 'file' || store.agentSocket === undefined) return undefined;
  return begunRecords(files, store.agentSocket);
}

/** Runs an ADD. Afterwards, whatever has become of it, nothing stays that was begun for it and that it does not hold. */
export async function tidily<T>(context: Context, add: () => Promise<T>): Promise<T> {
  try {
    return await add();
  } finally {
    if (context.isAnnounced) {
      await allIsOnRecord(context);
      await takeBackBegun(context);
    }
  }
}

/** Until nothing more is begun. By any answer, the agent has dealt with the announcement, which came first. */
async function allIsOnRecord({ agent }: Context): Promise<void> {
  if (agent === undefined || agent.hasAnswered()) return;
  // Without an answer, its time is over.
  await agent.ask({ op: 'hello' }, announcedFor).catch(() => {});
}

/**
 * Takes back what was begun for this attachment, and nobody has asked for. To ask for it by its own attempt tells what
 * has become of it: it is ours then, and released. What cannot be taken back now stays on record for DEL, and is freed by
 * the agent's clean-up.
 */
export async function takeBackBegun(context: Context): Promise<void> {
  const records = recordsOf(context);
  if (records === undefined) return;
  const { request } = context.call;
  const held = context.journal.read(request)?.addresses ?? [];
  for (const begun of records.of(request)) {
    const isHeld = held.some(({ pool, address }) => pool === begun.pool && address === begun.address);
    try {
      if (!isHeld) await takeBack(context, begun);
      records.remove(request, begun.pool);
    } catch (error) {
      context.log('warn', 'an address that the agent has begun to take stays, for DEL or clean-up', {
        error: messageOf(error),
      });
    }
  }
  records.sweep(request);
}

async function takeBack({ store, call, settings }: Context, begun: Begun): Promise<void> {
  const address = parseAddress(begun.address);
  if (address === undefined) return;
  const pool = await store.readPool(begun.pool);
  const { created, allocation } = await store.create(pool, address, ownerOf(call, settings.nodeName));
  if (created) await store.release(allocation);
}
