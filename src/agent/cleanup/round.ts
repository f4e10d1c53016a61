import type { NodeSettings } from '../../config/node-file.ts';
import type { Allocation, Store } from '../../ipam/store.ts';
import type { PortOwner } from '../../net/ovs/ports.ts';
import { messageOf } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import { fileJournal } from '../../system/journal.ts';
import type { Log } from '../../system/log.ts';
import type { KnownSandboxes } from '../cri/known.ts';
import type { BackgroundList } from './background-list.ts';
import { lookAt, viewNode } from './look.ts';
import type { CleanupMetrics } from './metrics.ts';
import type { Plugin } from './plugin.ts';
import { createDamagedLook, type Known } from './damaged.ts';
import { remainsOf, type Remains, type Sources } from './remains.ts';
import type { Sightings } from './sightings.ts';
import { readSources } from './sources.ts';
import type { Troubles } from './troubles.ts';
import { undo } from './undo.ts';
import { judge } from './verdict.ts';

/** What lasts from one round to the next, and what it looks at. */
export interface Rounds {
  readonly node: Pick<NodeSettings, 'dataDir'>;
  /** Milliseconds that one call of the plugin may take. */
  readonly timeout: number;
  readonly files: Files;
  readonly plugin: Plugin;
  readonly store: Store;
  readonly ports: () => Promise<readonly PortOwner[]>;
  readonly allocations: BackgroundList<Allocation>;
  /** Milliseconds after which they are listed anew. */
  readonly maxAge: number;
  readonly runtimes: () => Promise<KnownSandboxes>;
  readonly sightings: Sightings;
  /** Whether this Node has been started since the agent was here last. */
  readonly rebooted: boolean;
  /** Milliseconds for which an attachment whose entry cannot be read has to have nothing else. */
  readonly patience: number;
  readonly troubles: Troubles;
  readonly metrics: CleanupMetrics;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** @returns one look at all sandboxes of this Node, for each time that it is called; what is gone for long enough is cleaned up */
export function createRound(rounds: Rounds): () => Promise<void> {
  let beforeReboot: ReadonlySet<string> | undefined = rounds.rebooted ? undefined : new Set();
  const onNewList = addressesOnNewList(rounds);
  const lookAtDamaged = createDamagedLook({ ...rounds, dataDir: rounds.node.dataDir });
  return async () => {
    const { sightings, metrics, clock, runtimes, log, allocations, maxAge } = rounds;
    allocations.refresh(clock() - maxAge);
    const sources = await readAll(rounds);
    const all = remainsOf({ ...sources, allocations: sources.allocations.filter(isOfPod) });
    beforeReboot ??= new Set(all.map(({ containerID }) => containerID));
    const known = await runtimes();
    const verdicts = verdictsOf(rounds, { all, known, beforeReboot });
    const due = sightings.look(verdicts, clock());
    log('debug', 'looked at sandboxes', { verdicts: Object.fromEntries(verdicts), due: due.length });
    const ripe = all.filter(({ containerID }) => due.includes(containerID));
    await cleanUp(rounds, onNewList(ripe));
    lookAtDamaged(knownFrom(sources, rounds));
    metrics.left({ waiting: sightings.waiting(), pending: sightings.failing() });
  };
}

/**
 * Addresses that nothing else knows of come from a list that may be old: DEL may have freed them since. So those that are
 * due have to be on a list that was read after that, too.
 */
function addressesOnNewList({ allocations, clock }: Rounds): (ripe: readonly Remains[]) => readonly Remains[] {
  let dueSince: ReadonlyMap<string, number> = new Map();
  return (ripe) => {
    const now = clock();
    const alone = ripe.filter((one) => one.allocations.length > 0);
    dueSince = new Map(alone.map(({ containerID }) => [containerID, dueSince.get(containerID) ?? now]));
    const isNew = (since: number | undefined): boolean => since === undefined || allocations.isNewerThan(since);
    const isOld = ({ containerID }: Remains): boolean => !isNew(dueSince.get(containerID));
    if (alone.some(isOld)) allocations.refresh(now);
    return ripe.filter((one) => !isOld(one));
  };
}

async function readAll({ node, files, ports, allocations, troubles }: Rounds): Promise<Sources> {
  const { dataDir } = node;
  return readSources({ files, dataDir, allocations: allocations.current(), ports, attempt: troubles.attempt });
}

/** Of a sandbox that is no Pod's, the container runtime of the kubelet knows nothing. */
function isOfPod({ owner }: Allocation): boolean {
  return owner.pod.uid !== '';
}

function knownFrom({ entries, records, ports, allocations: held }: Sources, { allocations, troubles }: Rounds): Known {
  const addressed = held.map(({ owner: { pod } }) => ({ containerID: pod.containerID, ifname: pod.ifName }));
  const isWhole = (since: number): boolean => troubles.present('ports') === undefined && allocations.isNewerThan(since);
  return { entries, records, holders: [...ports, ...addressed], isWhole };
}

interface Seen {
  readonly all: readonly Remains[];
  readonly known: KnownSandboxes;
  readonly beforeReboot: ReadonlySet<string>;
}

function verdictsOf(
  { files, node }: Rounds,
  { all, known, beforeReboot }: Seen,
): ReadonlyMap<string, ReturnType<typeof judge>> {
  const view = {
    ...viewNode(files, node.dataDir),
    stateOf: known.stateOf,
    isBeforeReboot: (id: string) => beforeReboot.has(id),
  };
  return new Map(all.map((remains) => [remains.containerID, judge(lookAt(remains, view), known)]));
}

/** At the same time: each one waits for Open vSwitch and for the store. */
const together = 4;

async function cleanUp(rounds: Rounds, ripe: readonly Remains[]): Promise<void> {
  const queue = [...ripe];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !rounds.signal.aborted; next = queue.shift())
      await cleanUpOne(rounds, next);
  };
  await Promise.all(Array.from({ length: together }, work));
}

async function cleanUpOne(rounds: Rounds, remains: Remains): Promise<void> {
  const { plugin, store, timeout, node, files, metrics, log, sightings, clock, signal } = rounds;
  const { containerID } = remains;
  try {
    await undo(remains, {
      plugin,
      store,
      journal: fileJournal(files, node.dataDir),
      timeout,
      removed: (what, facts) => {
        metrics.removed(what);
        log('info', 'cleaned up after a sandbox that is gone', { what, ...facts });
      },
    });
    sightings.done(containerID);
  } catch (error) {
    if (signal.aborted) return;
    sightings.failed(containerID, clock());
    metrics.failed('release');
    log('warn', 'what a sandbox that is gone has left is not all removed: it is tried again', {
      containerID,
      error: messageOf(error),
    });
  }
}
