import { Leftover } from '../ipam/leftover.ts';
import { linkExists } from '../net/detach.ts';
import { Failure, messageOf } from '../system/failure.ts';
import type { JournalEntry, JournalPort } from '../system/journal.ts';
import { allOf } from '../system/try-all.ts';
import type { Context } from './context.ts';
import type { Assignment, IpamSource } from './ipam-source.ts';
import type { Member } from './member.ts';
import { naming } from './naming.ts';
import { disownPort } from './own-entry.ts';

/** Takes back one effect. */
export type Step = () => Promise<void>;

export interface Attempt extends Member {
  /** Empty when there is no wiring. */
  readonly hostInterface: string;
  readonly ipam: IpamSource;
  /** The port that is about to be made; absent when there is no wiring. */
  readonly portOf?: (assignment: Assignment) => JournalPort;
}

/** An attempt that has its addresses. */
export type Assigned<A extends Attempt> = A & { readonly assignment: Assignment };

/**
 * The frame of every ADD: writes the journal before each effect, lets `work` act, and takes everything back, last effect
 * first, when something fails. What could not be taken back stays in the journal, for DEL and GC.
 * @param work begins when the journal has an entry of each attempt; what it gets first lets IPAM assign the addresses of
 *   all at the same time, once
 */
export async function journalled<A extends Attempt, T>(
  attempts: readonly A[],
  work: (assign: () => Promise<readonly Assigned<A>[]>, undo: Step[]) => Promise<T>,
): Promise<T> {
  const frames = attempts.map((attempt): Frame<A> => ({ attempt, forget: keep, undo: [], unconfirmed: [] }));
  const undo: Step[] = [];
  let assigning: Promise<unknown> | undefined;
  try {
    const entries = await allOf(
      frames.map(async (frame) => naming(frame.attempt.label, async () => ({ frame, entry: await announce(frame) }))),
    );
    const assigned = ({ frame, entry }: Entered<A>): Promise<Assigned<A>> =>
      naming(frame.attempt.label, async () => ({ ...frame.attempt, assignment: await assign(frame, entry) }));
    const assignAll = (): Promise<readonly Assigned<A>[]> => {
      const all = allOf(entries.map(assigned));
      // It may be waited for later.
      all.catch(() => {});
      assigning = all;
      return all;
    };
    const done = await work(assignAll, undo);
    await allOf(frames.map(({ attempt, unconfirmed }) => naming(attempt.label, async () => allOf(unconfirmed))));
    return done;
  } catch (error) {
    const first = await failureOf(assigning, error);
    await rollBack(frames, undo);
    throw first;
  }
}

/** What is under way may still take addresses. If it fails, that goes before what has failed meanwhile. */
async function failureOf(assigning: Promise<unknown> | undefined, error: unknown): Promise<unknown> {
  try {
    await assigning;
    return error;
  } catch (failure) {
    return failure;
  }
}

interface Frame<A extends Attempt> {
  readonly attempt: A;
  readonly undo: Step[];
  /** Last of all, and only when everything else is taken back: the journal must outlive what it tells of. */
  forget: Step;
  /** As the Assignment has them. */
  unconfirmed: readonly Promise<void>[];
}

interface Entered<A extends Attempt> {
  readonly frame: Frame<A>;
  readonly entry: JournalEntry;
}

async function announce(frame: Frame<Attempt>): Promise<JournalEntry> {
  const { context } = frame.attempt;
  const { journal, call } = context;
  const earlier = journal.read(call.request);
  refuseOtherNetwork(earlier, call.config.name);
  frame.attempt.ipam.refuse();
  const entry = await entryOf(frame.attempt, earlier);
  frame.forget = async () => restore(context, earlier);
  journal.write(entry);
  return entry;
}

async function assign(frame: Frame<Attempt>, entry: JournalEntry): Promise<Assignment> {
  const { context, ipam, portOf } = frame.attempt;
  try {
    frame.undo.push(() => releaseUnlessLinked(frame.attempt));
    const assignment = await ipam.add(entry.addresses);
    frame.unconfirmed = assignment.unconfirmed ?? [];
    const port = portOf?.(assignment) ?? entry.port;
    if (!entry.confirmed || port !== undefined) {
      context.journal.write({ ...entry, addresses: assignment.held, confirmed: true, port });
    }
    return assignment;
  } catch (error) {
    if (error instanceof Leftover) frame.forget = keep;
    throw error;
  }
}

async function entryOf(
  { context: { call, ownType }, hostInterface, ipam }: Attempt,
  earlier: JournalEntry | undefined,
): Promise<JournalEntry> {
  const { containerID, ifname, netns } = call.request;
  return {
    containerID,
    ifname,
    network: call.config.name,
    netns,
    ...(hostInterface === '' ? wiringOf(earlier) : { hostInterface }),
    pools: ipam.pools,
    addresses: earlier === undefined ? [] : await ipam.held(earlier),
    confirmed: ipam.pools.length === 0,
    // What another IPAM has given, and nobody has taken back, stays known as well.
    ...(['', ownType].includes(call.config.ipamType) ? earlierIpam(earlier) : { ipam: call.config.raw['ipam'] }),
  };
}

/**
 * Another plugin may ask for addresses of an interface that we have wired, and nobody has called DEL since: the network
 * has become another one's. What there is stays known, for the next DEL.
 */
function wiringOf(earlier: JournalEntry | undefined): Pick<JournalEntry, 'hostInterface' | 'port'> {
  const { hostInterface = '', port } = earlier ?? {};
  return { hostInterface, ...(port !== undefined && { port }) };
}

function earlierIpam({ ipam }: Pick<JournalEntry, 'ipam'> = {}): Pick<JournalEntry, 'ipam'> {
  return ipam === undefined ? {} : { ipam };
}

/** There is nothing yet; or the journal's entry says that nothing is confirmed: DEL and GC look through the pools then. */
async function keep(): Promise<void> {}

function refuseOtherNetwork(earlier: JournalEntry | undefined, network: string): void {
  if (earlier === undefined || earlier.network === network) return;
  throw new Failure(
    'wiring',
    `${earlier.ifname} of container ${earlier.containerID} is attached to the network ${earlier.network} already`,
  );
}

function restore({ journal, call }: Context, earlier: JournalEntry | undefined): void {
  if (earlier === undefined) journal.remove(call.request);
  else journal.write(earlier);
}

/** An address is released only when the Pod's end is gone. */
async function releaseUnlessLinked({ context: { files }, hostInterface, ipam }: Attempt): Promise<void> {
  if (hostInterface === '' || !linkExists(files, hostInterface)) return ipam.undo();
  throw new Failure('wiring', `the addresses stay held while the link ${hostInterface} is there`);
}

/** First what all have in common. */
async function rollBack(frames: readonly Frame<Attempt>[], undo: readonly Step[]): Promise<void> {
  const [first] = frames;
  const isUnwired = first === undefined || (await takeBack(first.attempt.context, undo));
  for (const frame of frames.toReversed()) {
    const isReleased = await takeBack(frame.attempt.context, frame.undo);
    const { context } = frame.attempt;
    const last = isUnwired && isReleased ? frame.forget : async () => disownPort(context, context.call.request);
    await takeBack(context, [last]);
  }
}

/** Tries every step, the last one first. @returns whether all went well */
async function takeBack({ log }: Context, steps: readonly Step[]): Promise<boolean> {
  let complete = true;
  for (const step of steps.toReversed()) {
    try {
      await step();
    } catch (error) {
      complete = false;
      log('error', 'not everything of a failed ADD could be taken back: DEL or GC will', { error: messageOf(error) });
    }
  }
  return complete;
}
