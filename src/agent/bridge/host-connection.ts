import { readAddressing } from '../../net/nic/addressing.ts';
import { readNics } from '../../net/nic/links.ts';
import { hostRole, uplinkRole, type BridgeFacts } from '../../net/ovs/bridges.ts';
import { portRemoval, uplinkUpdate } from '../../net/ovs/socket/bridge-operations.ts';
import { bootID } from '../../system/boot-id.ts';
import { Failure } from '../../system/failure.ts';
import type { BridgeSettings } from '../config/settings.ts';
import { movedName, type Move } from '../move/journal.ts';
import { beginMove, endMove, isAlive, isInPlace, resumeMove } from '../move/move.ts';
import type { BridgeMeans } from './context.ts';
import type { Wish } from './reconcile.ts';
import { checkMovedName, removeUplinks } from './uplinks.ts';

/**
 * The single interface is connected under another name, and the Node has its addresses on a port of the bridge.
 * @throws Failure
 */
export async function ensureHostConnection(
  { bridge }: Wish & { readonly bridge: BridgeSettings },
  facts: BridgeFacts,
  means: BridgeMeans,
): Promise<void> {
  const [only] = bridge.interfaces;
  if (only === undefined) return;
  const { name, vlans } = only;
  checkVlans(only);
  await removeUplinks({ ...facts, ports: facts.ports.filter((port) => port.name !== movedName(name)) }, means);
  const move = means.journal.read();
  if (move === undefined || move.phase === 'given-up') await begin({ name, facts, given: move }, means);
  else if (!isInPlace(move, means) || !isConnected(move, facts)) await resumeMove(move, means);
  await setTrunks({ name, bridge: bridge.name, trunks: vlans ?? [] }, means);
}

/**
 * What has moved, and is not wanted so any more, goes back.
 * @param wanted undefined: nothing is wanted
 */
export async function releaseHostConnection(wanted: BridgeSettings | undefined, means: BridgeMeans): Promise<void> {
  const { journal, log } = means;
  const move = journal.read();
  if (move === undefined) return;
  if (!isAlive(move, means)) {
    log('info', 'the interface of a move is gone: what is left of it is removed', { name: move.name });
    await removeRemains(move.name, means);
    journal.remove();
  } else if (!isWanted(move, wanted)) {
    if (move.phase === 'given-up') journal.remove();
    else await endMove(move, means);
  }
}

function isWanted({ name, bridge }: Move, wanted: BridgeSettings | undefined): boolean {
  if (wanted?.interfaces.length !== 1) return false;
  return wanted.interfaces[0]?.name === name && wanted.name === bridge;
}

async function begin(
  { name, facts, given }: { readonly name: string; readonly facts: BridgeFacts; readonly given: Move | undefined },
  means: BridgeMeans,
): Promise<void> {
  if (given !== undefined && Date.now() < given.deadline) {
    throw new Failure(
      'unavailable',
      `${name} was moved to ${given.bridge}, and back, since that did not work: it is tried again after ${new Date(given.deadline).toISOString()}`,
    );
  }
  checkMovedName(name);
  const nic = readNics(means.exec).find((one) => one.name === name);
  if (nic === undefined) return;
  const { interfaces, servers } = await means.management();
  await beginMove({ bridge: facts.name, nic, servers: interfaces.has(name) ? servers : [] }, means);
}

function isConnected({ name }: Move, { ports }: BridgeFacts): boolean {
  return [name, movedName(name)].every((one) => ports.some((port) => port.name === one));
}

async function setTrunks(
  { name, bridge, trunks }: { readonly name: string; readonly bridge: string; readonly trunks: readonly number[] },
  { ovs }: BridgeMeans,
): Promise<void> {
  const facts = (await ovs.read()).find((one) => one.name === bridge);
  const port = facts?.ports.find((one) => one.name === movedName(name));
  if (port !== undefined && String(port.trunks) !== String(trunks)) await ovs.change(uplinkUpdate(port, trunks));
}

/** The Node's own frames have no VLAN. */
function checkVlans({ name, vlans }: BridgeSettings['interfaces'][number]): void {
  if (vlans === undefined || vlans.includes(0)) return;
  throw new Failure(
    'refused',
    `allowedVLANs of ${name} has no 0: the Node's own addresses, which move to the bridge, would be cut off; add "0"`,
  );
}

/** Ports of a move whose interfaces went with a reboot, or have gone back by themselves. */
export async function removeRemains(name: string, { ovs }: BridgeMeans): Promise<void> {
  for (const bridge of await ovs.read()) {
    const ports = bridge.ports.filter(
      (port) =>
        (port.name === name && port.role === hostRole) || (port.name === movedName(name) && port.role === uplinkRole),
    );
    if (ports.length > 0) await ovs.change(portRemoval(bridge, ports));
  }
}

/** The journal of a move that was lost, made anew from what is there; undefined: there is none. */
export function readLostMove(facts: BridgeFacts, { exec }: Pick<BridgeMeans, 'exec'>): Move | undefined {
  const host = facts.ports.find(({ role }) => role === hostRole);
  const nics = readNics(exec);
  const nic = nics.find(({ name }) => host !== undefined && name === movedName(host.name));
  const port = nics.find(({ name }) => name === host?.name);
  if (nic === undefined || port === undefined) return undefined;
  return {
    id: 'found',
    phase: 'moved',
    bridge: facts.name,
    name: port.name,
    index: nic.index,
    portIndex: port.index,
    mac: nic.mac,
    mtu: nic.mtu,
    acceptRA: '',
    addressing: readAddressing(exec, port),
    servers: [],
    deadline: 0,
    boot: bootID(),
  };
}
