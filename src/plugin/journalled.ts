import { Leftover } from '../ipam/leftover.ts';
import { linkExists } from '../net/detach.ts';
import { Failure, messageOf } from '../system/failure.ts';
import type { JournalEntry, JournalPort } from '../system/journal.ts';
import type { Context } from './context.ts';
import type { Assignment, IpamSource } from './ipam-source.ts';
import { disownPort } from './own-entry.ts';

/** Takes back one effect. */
export type Step = () => Promise<void>;

export interface Attempt {
  /** Empty when there is no wiring. */
  readonly hostInterface: string;
  readonly ipam: IpamSource;
  /** The port that is about to be made; absent when there is no wiring. */
  readonly portOf?: (assignment: Assignment) => JournalPort;
}

/**
 * The frame of every ADD: writes the journal before each effect, lets IPAM assign addresses and `work` use them, and
 * takes everything back, last effect first, when something fails. What could not be taken back stays in the journal,
 * for DEL and GC.
 */
export async function journalled<T>(
  context: Context,
  { hostInterface, ipam, portOf }: Attempt,
  work: (assignment: Assignment, undo: Step[]) => Promise<T>,
): Promise<T> {
  const { journal, call } = context;
  const { request, config } = call;
  const earlier = journal.read(request);
  refuseOtherNetwork(earlier, config.name);
  const entry: JournalEntry = {
    containerID: request.containerID,
    ifname: request.ifname,
    network: config.name,
    netns: request.netns,
    hostInterface,
    pools: ipam.pools,
    addresses: earlier === undefined ? [] : await ipam.held(earlier),
    confirmed: ipam.pools.length === 0,
  };
  const undo: Step[] = [async () => restore(context, earlier)];
  try {
    journal.write(entry);
    undo.push(() => releaseUnlessLinked(context, hostInterface, ipam));
    const assignment = await ipam.add(entry.addresses);
    const port = portOf?.(assignment);
    if (!entry.confirmed || port !== undefined) {
      journal.write({ ...entry, addresses: assignment.held, confirmed: true, port });
    }
    return await work(assignment, undo);
  } catch (error) {
    await rollBack(context, error instanceof Leftover ? [keep, ...undo.slice(1)] : undo);
    throw error;
  }
}

/** The journal's entry says that nothing is confirmed: DEL and GC look through the pools then. */
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
async function releaseUnlessLinked({ files }: Context, hostInterface: string, ipam: IpamSource): Promise<void> {
  if (hostInterface === '' || !linkExists(files, hostInterface)) return ipam.undo();
  throw new Failure('wiring', `the addresses stay held while the link ${hostInterface} is there`);
}

/** Tries every step but the last one, which forgets the attachment: the journal must outlive what it tells of. */
async function rollBack(context: Context, [forget, ...effects]: readonly Step[]): Promise<void> {
  let complete = true;
  for (const step of effects.toReversed()) {
    try {
      await step();
    } catch (error) {
      complete = false;
      context.log('error', 'not everything of a failed ADD could be taken back: DEL or GC will', {
        error: messageOf(error),
      });
    }
  }
  if (complete) await forget?.();
  else disownPort(context, context.call.request);
}
