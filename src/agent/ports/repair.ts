import { readHostLinks, writeHostLinks } from '../../net/nic/host-links.ts';
import type { AttachedPortDriver } from '../../net/ovs/socket/attached-port-driver.ts';
import type { Exec } from '../../system/exec.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Journal } from '../../system/journal.ts';
import type { Log } from '../../system/log.ts';
import type { AttachmentLocks } from '../attachment-lock.ts';
import { correctionOf, faultsOf, type Fault, type Present } from './faults.ts';
import { wantedOf, type WantedAttachment } from './wanted.ts';

export interface PortMeans {
  readonly ovs: AttachedPortDriver;
  readonly journal: Pick<Journal, 'list' | 'read'>;
  readonly locks: AttachmentLocks;
  readonly exec: Exec;
  readonly log: Log;
  readonly repaired: (fault: Fault) => void;
}

/** How many are put right at once: calls for them wait meanwhile. */
const most = 50;

/**
 * Puts right what is not as the attachments of this Node have made it. What a call of the plugin works on is left to it.
 * @returns why something is not right still, one line each
 * @throws Failure when Open vSwitch or the kernel cannot be asked
 */
export async function repairPorts(means: PortMeans): Promise<readonly string[]> {
  const wanted = means.journal.list().flatMap((entry) => wantedOf(entry) ?? []);
  if (wanted.length === 0) return [];
  const suspects = faulty(wanted, await readPresent(means));
  const problems: string[] = [];
  for (let at = 0; at < suspects.length; at += most) {
    const batch = suspects.slice(at, at + most).map(({ attachment }) => attachment);
    problems.push(...(await repairSome(batch, means)));
  }
  return problems;
}

interface Faulty {
  readonly attachment: WantedAttachment;
  readonly faults: readonly Fault[];
}

/** Looks again, now that nobody else works on them. */
async function repairSome(some: readonly WantedAttachment[], means: PortMeans): Promise<readonly string[]> {
  const { locks, journal } = means;
  return locks.whileFree(
    some.map(({ key }) => key),
    async (free) => {
      const entries = some.flatMap(({ id, key }) => (free.has(key) ? (journal.read(id) ?? []) : []));
      const present = await readPresent(means);
      const left = faulty(
        entries.flatMap((entry) => wantedOf(entry) ?? []),
        present,
      );
      const homeless = left.filter(({ attachment }) => !present.bridges.has(attachment.bridge));
      const rest = left.filter((one) => !homeless.includes(one));
      return [...homeless.map(noHome), ...(await correctAll(rest, { present, means }))];
    },
  );
}

interface Correction {
  readonly present: Present;
  readonly means: PortMeans;
}

/** In one transaction; one by one when that is refused, since it may be for one of them only. */
async function correctAll(all: readonly Faulty[], correction: Correction): Promise<readonly string[]> {
  if (all.length === 0) return [];
  try {
    return await correct(all, correction);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [first, ...others] = all;
    if (first === undefined || others.length === 0) return [`${first?.attachment.port.name}: ${messageOf(error)}`];
  }
  const problems: string[] = [];
  for (const one of all) problems.push(...(await correctAll([one], correction)));
  return problems;
}

/** @returns what is wrong still */
async function correct(all: readonly Faulty[], { present, means }: Correction): Promise<readonly string[]> {
  const { ovs, log, repaired } = means;
  const ports = all.filter(({ faults }) => faults.some((fault) => fault !== 'link'));
  const operations = ports.flatMap(({ attachment }, nth) => correctionOf(attachment, present, nth));
  if (operations.length > 0) await ovs.change(operations);
  const stuck = correctLinks(all, means);
  for (const { attachment, faults } of all) {
    const { bridge, id, port } = attachment;
    const right = faults.filter((fault) => fault !== 'link' || !stuck.has(port.name));
    if (right.length === 0) continue;
    for (const fault of right) repaired(fault);
    const { network, podNamespace, podName } = port.owner;
    log('warn', 'put a port right', {
      port: port.name,
      bridge,
      faults: right,
      ...id,
      network,
      pod: `${podNamespace}/${podName}`,
    });
  }
  return [...stuck].map(([name, complaint]) => `${name}: its link cannot be put right: ${complaint}`);
}

/** @returns of those that are wrong still, by name, what `ip` has said */
function correctLinks(all: readonly Faulty[], { exec }: PortMeans): ReadonlyMap<string, string> {
  const wanted = all
    .filter(({ faults }) => faults.includes('link'))
    .map(({ attachment: { port, mtu } }) => [port.name, { mtu, up: true }] as const);
  const complaint = wanted.length > 0 ? writeHostLinks(exec, new Map(wanted)) : '';
  if (complaint === '') return new Map();
  // It is about some of them only, perhaps about one that has gone meanwhile.
  const links = readHostLinks(exec);
  const stuck = wanted.filter(([name, { mtu }]) => {
    const link = links.get(name);
    return link !== undefined && (link.mtu !== mtu || !link.up);
  });
  return new Map(stuck.map(([name]) => [name, complaint]));
}

function noHome({ attachment: { port, bridge } }: Faulty): string {
  return `${port.name}: Open vSwitch has no bridge ${bridge}, which it was attached to`;
}

function faulty(wanted: readonly WantedAttachment[], present: Present): readonly Faulty[] {
  return wanted
    .map((attachment) => ({ attachment, faults: faultsOf(attachment, present) }))
    .filter(({ faults }) => faults.length > 0);
}

async function readPresent({ ovs, exec }: PortMeans): Promise<Present> {
  return { ...(await ovs.read()), links: readHostLinks(exec) };
}
