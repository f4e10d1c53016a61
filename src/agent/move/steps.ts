import { addressNic, flushNic, raiseNic, readSetting, renameNic, writeSetting } from '../../net/nic/change.ts';
import { readNics, type Nic } from '../../net/nic/links.ts';
import { hostRole, uplinkRole, type BridgeFacts } from '../../net/ovs/bridges.ts';
import { hostPortAddition, portRemoval, uplinkAddition } from '../../net/ovs/socket/bridge-operations.ts';
import type { BridgeDriver } from '../../net/ovs/socket/bridges.ts';
import type { Exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import { sleep } from '../../system/sleep.ts';
import { movedName, type Move } from './journal.ts';

export interface Means {
  readonly exec: Exec;
  readonly ovs: BridgeDriver;
  readonly log: Log;
}

/** Each step can be done again, whole or half done. @throws Failure */
export type Step = (move: Move, means: Means) => Promise<void>;

/** The interface makes place for the port that gets its name. */
export const giveNameAway: Step = async (move, { exec }) => {
  const nic = physical(move, exec);
  const to = movedName(move.name);
  const drop = nic.alternatives.filter((name) => name === move.name || name === to);
  await patiently(() => (nic.name === to ? raiseNic(exec, to) : renameNic(exec, { name: nic.name, to, drop })));
  // What routers announce belongs to the port from now on.
  writeSetting(to, 'accept_ra', '0');
};

/** Interface and port come to the bridge in one transaction. */
export const connectPorts: Step = async (move, { exec, ovs }) => {
  const bridge = await bridgeOf(move, ovs);
  const has = (name: string): boolean => bridge.ports.some((port) => port.name === name);
  const { name, mac, mtu } = move;
  const operations = [
    ...(has(movedName(name)) ? [] : uplinkAddition(bridge, { name: movedName(name), trunks: [] })),
    ...(has(name) ? [] : hostPortAddition(bridge, { name, mac, mtu })),
  ];
  if (operations.length > 0) await ovs.change(operations);
  await until(() => portLink(move, exec) !== undefined, `Open vSwitch has not made the interface ${name} in 10 s`);
};

/** The port gets the addresses. */
export const addressPort: Step = async (move, { exec, log }) => {
  flushNic(exec, movedName(move.name));
  give(move, { exec, log });
};

/** The port goes, with what would keep the interface from working by itself. */
export const disconnectPorts: Step = async (move, { exec, ovs, log }) => {
  try {
    const bridge = (await ovs.read()).find(({ name }) => name === move.bridge);
    const ports = bridge === undefined ? [] : ownPorts(bridge, move.name);
    if (bridge !== undefined && ports.length > 0) await ovs.change(portRemoval(bridge, ports));
  } catch (error) {
    // The Node is to be reachable even if Open vSwitch is not.
    log('error', 'the ports could not be removed', { error: String(error) });
  }
  const isGone = (): boolean => portLink(move, exec) === undefined;
  await until(isGone, 'it stays').catch(() => setAside(move, { exec, log }));
};

/** The interface gets its name, and its addresses. */
export const takeNameBack: Step = async (move, { exec, log }) => {
  const nic = physical(move, exec);
  const { name } = move;
  await patiently(() =>
    nic.name === name ? raiseNic(exec, name) : renameNic(exec, { name: nic.name, to: name, drop: [] }),
  );
  give(move, { exec, log });
};

/** undefined: it is not there. */
export function portLink({ name, index }: Move, exec: Exec): Nic | undefined {
  return readNics(exec).find((nic) => nic.name === name && nic.index !== index);
}

function ownPorts(bridge: BridgeFacts, name: string): BridgeFacts['ports'] {
  const isPort = (port: BridgeFacts['ports'][number]): boolean => port.name === name && port.role === hostRole;
  return bridge.ports.filter(
    (port) => isPort(port) || (port.name === movedName(name) && [uplinkRole, ''].includes(port.role)),
  );
}

function give(move: Move, { exec, log }: Pick<Means, 'exec' | 'log'>): void {
  const { name, addressing, acceptRA } = move;
  const hasSix = addressing.addresses.some((words) => words.includes(':'));
  if (hasSix && readSetting(name, 'disable_ipv6') === '1') writeSetting(name, 'disable_ipv6', '0');
  if (acceptRA !== '') writeSetting(name, 'accept_ra', acceptRA);
  const problems = addressNic(exec, name, addressing);
  if (problems.length > 0) log('warn', 'not all routes could be had', { name, problems });
}

function physical({ index, name }: Move, exec: Exec): Nic {
  const nic = readNics(exec).find((candidate) => candidate.index === index);
  if (nic !== undefined) return nic;
  throw new Failure('wiring', `the physical interface ${name} has disappeared from this Node while it was moved`);
}

async function bridgeOf(move: Move, ovs: BridgeDriver): Promise<BridgeFacts> {
  const bridge = (await ovs.read()).find(({ name }) => name === move.bridge);
  if (bridge !== undefined) return bridge;
  throw new Failure('wiring', `Open vSwitch has lost the bridge ${move.bridge} while ${move.name} was moved to it`);
}

/** A port whose Open vSwitch does not run any more keeps its interface: it must at least not keep the name. */
function setAside(move: Move, { exec, log }: Pick<Means, 'exec' | 'log'>): void {
  const port = portLink(move, exec);
  if (port === undefined) return;
  log('warn', 'Open vSwitch has not removed the interface: it is renamed', { name: port.name });
  flushNic(exec, port.name);
  renameNic(exec, { name: port.name, to: `gone${port.index}`, drop: [] });
}

/** A name may be held for some milliseconds by what goes (udev looks at it, say). */
async function patiently(act: () => void): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      act();
      return;
    } catch (error) {
      if (tries === 10) throw error;
      await sleep(100);
    }
  }
}

async function until(isSo: () => boolean, otherwise: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!isSo()) {
    if (Date.now() > end) throw new Failure('wiring', otherwise);
    await sleep(20);
  }
}
