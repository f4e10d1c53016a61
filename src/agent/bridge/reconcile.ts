import { containerRole, hostRole, uplinkRole, type BridgeFacts } from '../../net/ovs/bridges.ts';
import {
  bridgeCreation,
  bridgeDeletion,
  bridgeDraining,
  bridgeUnmarking,
  bridgeUpdate,
} from '../../net/ovs/socket/bridge-operations.ts';
import { Failure } from '../../system/failure.ts';
import type { BridgeSettings } from '../config/settings.ts';
import type { BridgeMeans, BridgeRules } from './context.ts';
import { ensureHostConnection, readLostMove, releaseHostConnection, removeRemains } from './host-connection.ts';
import { checkUplinks, ensureUplinks, isSingleHost, removeUplinks } from './uplinks.ts';
import type { BridgeState } from './state.ts';

export interface Wish extends BridgeRules {
  /** undefined: there is to be no secondary bridge. */
  readonly bridge: BridgeSettings | undefined;
}

/**
 * One step, or all, from the bridge that there is to the one that is wanted; the same again changes nothing.
 * @throws Failure when something is in the way: what is done stays
 */
export async function reconcile(wish: Wish, means: BridgeMeans): Promise<BridgeState> {
  const { bridge } = wish;
  const current = currentBridge(await means.ovs.read(), bridge);
  if (current !== undefined) await recall(current, means);
  if (current !== undefined && current.name !== bridge?.name) {
    const { ports } = await closed(current, means);
    const pods = ports.filter(({ role }) => role === containerRole);
    if (pods.length > 0) return { phase: 'draining', name: current.name, ports: pods.length };
    await removeBridge(current, means);
    return reconcile(wish, means);
  }
  await releaseHostConnection(bridge, means);
  if (bridge === undefined) return { phase: 'none' };
  await ensureBridge(current, { ...wish, bridge }, means);
  return connect({ ...wish, bridge }, means);
}

/** A move whose journal was lost; or ports of one that went back while Open vSwitch was down. */
async function recall(current: BridgeFacts, means: BridgeMeans): Promise<void> {
  const { journal, log } = means;
  const known = journal.read();
  if (known !== undefined && known.phase !== 'given-up') return;
  const lost = known === undefined ? readLostMove(current, means) : undefined;
  if (lost === undefined) {
    for (const { name, role } of current.ports) if (role === hostRole) await removeRemains(name, means);
    return;
  }
  log('warn', 'the journal of a move is lost: it is taken from what is there', { name: lost.name });
  journal.write(lost);
}

/** The one that is marked, else one that has the wanted name. */
function currentBridge(bridges: readonly BridgeFacts[], wanted: BridgeSettings | undefined): BridgeFacts | undefined {
  const marked = bridges.filter(({ ours }) => ours);
  if (marked.length > 1) {
    throw new Failure(
      'config',
      `Open vSwitch has several secondary bridges, ${marked.map(({ name }) => name).join(', ')}: expected one with external_ids:antrea-cni=secondary-bridge`,
    );
  }
  return marked[0] ?? bridges.find(({ name }) => name === wanted?.name);
}

/** The bridge as it is once no Pod can be attached to it any more. */
async function closed(bridge: BridgeFacts, { ovs, log }: BridgeMeans): Promise<BridgeFacts> {
  if (bridge.draining) return bridge;
  await ovs.change(bridgeDraining(bridge));
  log('info', 'nothing new is attached to the bridge any more', { name: bridge.name });
  return (await ovs.read()).find(({ uuid }) => uuid === bridge.uuid) ?? { ...bridge, ports: [] };
}

async function ensureBridge(
  current: BridgeFacts | undefined,
  { bridge, datapathType }: Wish & { readonly bridge: BridgeSettings },
  { ovs, log }: BridgeMeans,
): Promise<void> {
  const { name, multicastSnooping } = bridge;
  if (current === undefined) {
    await ovs.change(bridgeCreation({ name, datapathType, multicastSnooping }));
    log('info', 'made the bridge', { name, datapathType });
  } else if (!current.ours || current.draining || current.multicastSnooping !== multicastSnooping) {
    await ovs.change(bridgeUpdate(current, { multicastSnooping }));
    log('info', current.ours ? 'changed the bridge' : 'adopted the bridge', { name, multicastSnooping });
  }
}

async function connect(wish: Wish & { readonly bridge: BridgeSettings }, means: BridgeMeans): Promise<BridgeState> {
  const { bridge } = wish;
  const found = await means.ovs.read();
  const facts = found.find(({ name }) => name === bridge.name);
  if (facts === undefined) throw new Failure('unavailable', `Open vSwitch has lost the bridge ${bridge.name}`);
  await checkUplinks(wish, { facts, found }, means);
  if (isSingleHost(wish, means, facts)) await ensureHostConnection(wish, facts, means);
  else await ensureUplinks(bridge, facts, means);
  return { phase: 'ready', name: bridge.name, uplinks: bridge.interfaces.map(({ name }) => name) };
}

/** Not what others have connected to it: such a bridge is left to them. */
async function removeBridge(bridge: BridgeFacts, means: BridgeMeans): Promise<void> {
  const { ovs, log } = means;
  await releaseHostConnection(undefined, means);
  await removeUplinks(bridge, means);
  const left = (await ovs.read()).find(({ uuid }) => uuid === bridge.uuid);
  if (left === undefined) return;
  const foreign = left.ports.filter(({ name, role }) => name !== left.name && role !== uplinkRole);
  if (foreign.length > 0) {
    log('warn', 'the bridge is left to others', { name: left.name, ports: foreign.map(({ name }) => name) });
    await ovs.change(bridgeUnmarking(left));
    return;
  }
  await ovs.change(bridgeDeletion(left));
  log('info', 'deleted the bridge', { name: left.name });
}
