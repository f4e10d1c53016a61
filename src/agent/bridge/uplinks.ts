import { hasAddresses } from '../../net/nic/addressing.ts';
import { readNics } from '../../net/nic/links.ts';
import { uplinkRole, type BridgeFacts, type BridgePort } from '../../net/ovs/bridges.ts';
import { portRemoval, uplinkAddition, uplinkUpdate } from '../../net/ovs/socket/bridge-operations.ts';
import { Failure } from '../../system/failure.ts';
import type { BridgeSettings } from '../config/settings.ts';
import { movedName } from '../move/journal.ts';
import type { BridgeMeans } from './context.ts';
import type { Wish } from './reconcile.ts';

type BridgeWish = Wish & { readonly bridge: BridgeSettings };

interface Found {
  readonly facts: BridgeFacts;
  /** All bridges. */
  readonly found: readonly BridgeFacts[];
}

/**
 * Before any port is added: whether every interface is there, free, and not the Node's own.
 * @throws Failure
 */
export async function checkUplinks(wish: BridgeWish, { facts, found }: Found, means: BridgeMeans): Promise<void> {
  const { bridge } = wish;
  const fresh = bridge.interfaces.map(({ name }) => name).filter((name) => !isConnected(name, facts, means));
  if (fresh.length === 0) return;
  for (const name of fresh) checkFree(name, found, means);
  const { interfaces } = await means.management();
  for (const name of fresh) if (interfaces.has(name)) checkManagement(name, wish);
}

/** Whether the wanted interface is the single one and has addresses, which are to move or have moved. */
export function isSingleHost({ bridge }: BridgeWish, { exec, journal }: BridgeMeans, facts: BridgeFacts): boolean {
  const [only, ...others] = bridge.interfaces;
  if (only === undefined || others.length > 0) return false;
  const move = journal.read();
  if (move?.name === only.name && move.phase !== 'given-up') return true;
  if (facts.ports.some(({ name, role }) => name === only.name && role === uplinkRole)) return false;
  const nic = readNics(exec).find(({ name }) => name === only.name);
  return nic !== undefined && hasAddresses(nic);
}

/** Each interface is a port by itself. Those that are not wanted any more go first. */
export async function ensureUplinks(bridge: BridgeSettings, facts: BridgeFacts, means: BridgeMeans): Promise<void> {
  const { ovs, log, exec } = means;
  const wanted = new Map(bridge.interfaces.map(({ name, vlans }) => [name, vlans ?? []]));
  const surplus = uplinksOf(facts).filter(({ name }) => !wanted.has(name));
  const operations = [
    ...(surplus.length > 0 ? portRemoval(facts, surplus) : []),
    ...[...wanted].flatMap(([name, trunks], at) => {
      const port = facts.ports.find((one) => one.name === name);
      if (port === undefined) return uplinkAddition(facts, { name, trunks }, at);
      const isSame = port.role === uplinkRole && String(port.trunks) === String(trunks);
      return isSame ? [] : uplinkUpdate(port, trunks);
    }),
  ];
  if (operations.length === 0) return;
  warn(bridge, means);
  await ovs.change(operations);
  for (const name of wanted.keys()) exec('ip', ['link', 'set', 'dev', name, 'up'], { timeout: 5000 });
  log('info', 'connected the bridge', {
    name: bridge.name,
    uplinks: [...wanted.keys()],
    removed: surplus.map(({ name }) => name),
  });
}

export async function removeUplinks(facts: BridgeFacts, { ovs, log }: BridgeMeans): Promise<void> {
  const uplinks = uplinksOf(facts);
  if (uplinks.length === 0) return;
  await ovs.change(portRemoval(facts, uplinks));
  log('info', 'disconnected the bridge', { name: facts.name, uplinks: uplinks.map(({ name }) => name) });
}

function uplinksOf({ ports }: BridgeFacts): readonly BridgePort[] {
  return ports.filter(({ role }) => role === uplinkRole);
}

/** As an uplink of ours, or moved. A legacy port that nobody has marked is there already, too. */
function isConnected(name: string, { ports }: BridgeFacts, { journal }: BridgeMeans): boolean {
  const move = journal.read();
  if (move?.name === name && move.phase !== 'given-up') return true;
  return ports.some((port) => port.name === name && port.type !== 'internal');
}

function checkFree(name: string, found: readonly BridgeFacts[], { exec }: BridgeMeans): void {
  const nic = readNics(exec).find((one) => one.name === name);
  if (nic === undefined) {
    throw new Failure(
      'config',
      `the physical interface ${name} is not on this Node: expected one that "ip link" shows`,
    );
  }
  const owner = found.find(({ ports }) => ports.some((port) => port.name === name))?.name ?? nic.master;
  if (owner === '') return;
  throw new Failure(
    'config',
    `the physical interface ${name} is a part of ${owner} already: expected one that is not, or ${owner} itself where that is a bond`,
  );
}

function checkManagement(name: string, { bridge, allowManagementInterface }: BridgeWish): void {
  if (bridge.interfaces.length > 1) {
    throw new Failure(
      'refused',
      `${name} is the interface by which this Node and the API server reach each other: it can be taken only as the single one of physicalInterfaces`,
    );
  }
  if (allowManagementInterface) return;
  throw new Failure(
    'refused',
    `${name} is the interface by which this Node and the API server reach each other: expected another one, or secondaryNetwork.allowManagementInterface to be true`,
  );
}

function warn({ interfaces, name }: BridgeSettings, { exec, log }: BridgeMeans): void {
  if (interfaces.length > 1) log('warn', 'several uplinks can make a loop, unless the switches prevent it', { name });
  const nics = readNics(exec);
  for (const { name: uplink, vlans } of interfaces) {
    const nic = nics.find((one) => one.name === uplink);
    if (nic !== undefined && hasAddresses(nic))
      log('warn', 'the addresses of an uplink do not work any more', { uplink });
    if (vlans !== undefined && !vlans.includes(0)) {
      log('warn', 'an uplink drops frames without a VLAN: allowedVLANs has no 0', { uplink });
    }
  }
}

/** Whether the kernel takes the name that the interface is to have. */
export function checkMovedName(name: string): void {
  if (movedName(name).length <= 15) return;
  throw new Failure(
    'config',
    `the physical interface ${name} cannot be moved: with "~", its name has more than 15 characters; give it a shorter one`,
  );
}
