import { addressesOf, failuresOf, makeAttachments, resultOf } from './burst.ts';
import { antreaWith, pluginCall, type Attachment } from './contenders.ts';
import { heldTwice, type Hold } from './holds.ts';
import type { Call, Measured } from './launcher.ts';
import { countAllocations } from '../src/ipam/file/find.ts';
import type { Scale } from './scale.ts';
import type { Leftovers, Stage } from './stage.ts';
import { summarize, type Summary } from './statistics.ts';

export interface Storm {
  readonly count: number;
  readonly atOnce: number;
  readonly add: Summary;
  readonly del: Summary;
  /** Of all waves together. */
  readonly totalMs: number;
  readonly failures: readonly string[];
  /** Addresses that two attachments held at the same time. */
  readonly duplicates: readonly string[];
  readonly left: Leftovers & { readonly allocations: number };
}

/** One attachment, and what came of it. */
interface Member {
  readonly attachment: Attachment;
  added?: Measured;
  deleted?: Measured;
}

/**
 * Waves that attach as many as run at once, and among them detach those of the wave before: addresses
 * go from one to the next while both are busy, and up to twice as many are attached. Then looks for what is left.
 */
export async function raiseStorm(stage: Stage, { storm: { count, atOnce } }: Scale): Promise<Storm> {
  const members: readonly Member[] = makeAttachments(stage, count).map((attachment) => ({ attachment }));
  let totalMs = 0;
  for (let first = 0; first < count + atOnce; first += atOnce) {
    const coming = members.slice(first, first + atOnce);
    const going = members.slice(Math.max(0, first - atOnce), first);
    totalMs += await wave({ stage, coming, going, atOnce });
  }
  const added = members.flatMap((member) => member.added ?? []);
  const deleted = members.flatMap((member) => member.deleted ?? []);
  return {
    count,
    atOnce,
    add: summarize(added.map((call) => call.ms)),
    del: summarize(deleted.map((call) => call.ms)),
    totalMs,
    failures: [...failuresOf(added), ...failuresOf(deleted)],
    duplicates: heldTwice(members.flatMap(holdsOf)),
    left: { ...(await stage.leftovers()), allocations: countAllocations(stage.node.dataDir, 'bench') },
  };
}

async function wave(options: {
  stage: Stage;
  coming: readonly Member[];
  going: readonly Member[];
  atOnce: number;
}): Promise<number> {
  const { stage, coming, going, atOnce } = options;
  const contender = antreaWith(stage, 'bench');
  const adds = coming.map((member) => {
    const call = pluginCall('ADD', { contender, attachment: member.attachment, stage });
    return { call, done: (measured: Measured) => void (member.added = measured) };
  });
  const dels = going.map((member) => {
    const prevResult = resultOf(member.added);
    const call = pluginCall('DEL', { contender, attachment: member.attachment, stage, prevResult });
    return { call, done: (measured: Measured) => void (member.deleted = measured) };
  });
  const steps = mixed(adds, dels);
  const batch = await stage.launcher.run(
    steps.map((step): Call => step.call),
    { atOnce },
  );
  for (const [index, measured] of batch.calls.entries()) steps[index]?.done(measured);
  return batch.wallMs;
}

/** One of each in turn. */
function mixed<T>(some: readonly T[], others: readonly T[]): readonly T[] {
  const length = Math.max(some.length, others.length);
  return Array.from({ length }, (_, index) => [
    ...some.slice(index, index + 1),
    ...others.slice(index, index + 1),
  ]).flat();
}

/** From the answer of ADD to the start of DEL an address belongs to its attachment, and to nobody else. */
function holdsOf({ added, deleted }: Member): readonly Hold[] {
  if (added === undefined) return [];
  const from = added.atMs + added.ms;
  const until = deleted?.atMs ?? Number.POSITIVE_INFINITY;
  return addressesOf(added).map((address) => ({ address, from, until }));
}
