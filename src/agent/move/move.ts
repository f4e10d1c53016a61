import { randomUUID } from 'node:crypto';
import { readAddressing } from '../../net/nic/addressing.ts';
import { readSetting } from '../../net/nic/change.ts';
import { readNics, type Nic } from '../../net/nic/links.ts';
import { bootID } from '../../system/boot-id.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import { movedName, type Endpoint, type Move, type MoveJournal, type Phase } from './journal.ts';
import { answers } from './reach.ts';
import { addressPort, connectPorts, disconnectPorts, giveNameAway, portLink, takeNameBack } from './steps.ts';
import type { Means, Step } from './steps.ts';

export interface MoveMeans extends Means {
  readonly journal: MoveJournal;
  /** Starts the process that ends the move in our place, should we not. */
  readonly startWatchdog: () => void;
}

/** Milliseconds that a move may take before it is undone. */
const moveTime = 30_000;
/** For which a move is not tried again that has cut the Node off, or that has failed for another reason. */
const penance = { cutOff: 600_000, other: 15_000 } as const;

export interface NewMove {
  readonly bridge: string;
  readonly nic: Nic;
  /** By which the move is judged. */
  readonly servers: readonly Endpoint[];
}

/**
 * Moves name, addresses and routes of an interface to a port of the bridge, and connects the interface to it.
 * @throws Failure when it is undone, or cannot be begun
 */
export async function beginMove({ bridge, nic, servers }: NewMove, means: MoveMeans): Promise<void> {
  const { name, index, mac, mtu } = nic;
  const addressing = readAddressing(means.exec, nic);
  const acceptRA = readSetting(name, 'accept_ra') ?? '';
  if (servers.length > 0 && !(await answers(servers, Date.now() + 3000))) {
    throw new Failure(
      'unavailable',
      `${name} is not moved to ${bridge}: the API server does not answer now, so nothing could show that the move works`,
    );
  }
  const facts = { bridge, name, index, portIndex: 0, mac, mtu, acceptRA, addressing, servers, boot: bootID() };
  await go({ ...facts, ...attempt('moving') }, means);
}

/** Goes on with a move that somebody else has begun, or that something has undone meanwhile. @throws Failure */
export async function resumeMove(move: Move, means: MoveMeans): Promise<void> {
  await go({ ...move, ...attempt('moving') }, means);
}

/** Whether all is as the move left it. The tap of a bridge in user space is a new one after each start of vswitchd. */
export function isInPlace(move: Move, means: Pick<Means, 'exec'>): boolean {
  return move.phase === 'moved' && portLink(move, means.exec)?.index === move.portIndex;
}

/** Everything as it was before the move. @throws Failure */
export async function endMove(move: Move, means: MoveMeans): Promise<void> {
  const back = { ...withChanges(move, means), ...attempt('restoring') };
  means.journal.write(back);
  means.startWatchdog();
  await restore(back, means);
  means.journal.remove();
}

/**
 * What a process does that finds a move which nobody goes on with: back, unless it has come to its end.
 * @returns what was done
 */
export async function rescue(move: Move, means: Omit<MoveMeans, 'startWatchdog'>): Promise<'kept' | 'restored'> {
  const { phase, servers } = move;
  const isThere = phase === 'moving' && portLink(move, means.exec)?.addresses.some(({ scope }) => scope === 'global');
  if (isThere === true && (servers.length === 0 || (await answers(servers, Date.now() + 2000)))) return 'kept';
  const back = { ...move, ...attempt('restoring') };
  means.journal.write(back);
  await restore(back, means);
  if (phase === 'moving') giveUp(back, penance.cutOff, means);
  else means.journal.remove();
  return 'restored';
}

const there: readonly Step[] = [giveNameAway, connectPorts, addressPort];
const back: readonly Step[] = [disconnectPorts, takeNameBack];

async function go(move: Move, means: MoveMeans): Promise<void> {
  const { journal, exec, log } = means;
  journal.write(move);
  means.startWatchdog();
  try {
    await walk(there, move, means);
    if (!(await works(move))) throw new Unreachable(move);
  } catch (error) {
    if (journal.read()?.id !== move.id) throw error;
    log('error', 'the move fails and is undone', { name: move.name, error: messageOf(error) });
    const undo = { ...move, ...attempt('restoring') };
    journal.write(undo);
    means.startWatchdog();
    await restore(undo, means);
    giveUp(undo, error instanceof Unreachable ? penance.cutOff : penance.other, means);
    throw error;
  }
  journal.write({ ...move, phase: 'moved', portIndex: portLink(move, exec)?.index ?? 0 });
  log('info', 'moved', { name: move.name, bridge: move.bridge, uplink: movedName(move.name) });
}

async function restore(move: Move, means: Omit<MoveMeans, 'startWatchdog'>): Promise<void> {
  await walk(back, move, means);
  means.log('info', 'restored', { name: move.name, bridge: move.bridge });
}

/** Before each step the journal is written: whoever has taken the move over has written another one. */
async function walk(steps: readonly Step[], move: Move, means: Omit<MoveMeans, 'startWatchdog'>): Promise<void> {
  for (const step of steps) {
    if (means.journal.read()?.id !== move.id) {
      throw new Failure('unavailable', `the move of ${move.name} has been taken over by another process`);
    }
    means.journal.write(move);
    await step(move, means);
  }
}

function giveUp(move: Move, milliseconds: number, { journal }: Pick<MoveMeans, 'journal'>): void {
  journal.write({ ...move, phase: 'given-up', deadline: Date.now() + milliseconds });
}

/** There must be time left to undo it. */
async function works({ servers, deadline }: Move): Promise<boolean> {
  return servers.length === 0 || answers(servers, deadline - 10_000);
}

function attempt(phase: Phase): Pick<Move, 'id' | 'phase' | 'deadline'> {
  return { id: randomUUID(), phase, deadline: Date.now() + moveTime };
}

class Unreachable extends Failure {
  constructor({ name, bridge }: Move) {
    super(
      'unavailable',
      `${name} cannot be moved to ${bridge}: the API server does not answer by way of the bridge; all is as it was`,
    );
  }
}

/** What has changed at the port since: a DHCP client, or a person, has seen only that one. */
function withChanges(move: Move, { exec, log }: Means): Move {
  const port = move.phase === 'moved' ? portLink(move, exec) : undefined;
  if (port === undefined || port.index !== move.portIndex) return move;
  try {
    const addressing = readAddressing(exec, port);
    return addressing.addresses.length === 0 ? move : { ...move, addressing };
  } catch (error) {
    log('warn', 'the addresses are taken back as they were at first', { error: messageOf(error) });
    return move;
  }
}

/** Whether the interface of the move is still there. */
export function isAlive({ index, boot }: Move, { exec }: Pick<Means, 'exec'>): boolean {
  return boot === bootID() && readNics(exec).some((nic) => nic.index === index);
}
