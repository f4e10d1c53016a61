import type { VlanNetwork } from '../../config/netconf.ts';
import type { NodeSettings } from '../../config/node-file.ts';
import type { ResultIP } from '../../cni/result.ts';
import { formatAddress, type Address } from '../../ipam/address.ts';
import { inRanges } from '../../ipam/allocatable.ts';
import { planOf } from '../../ipam/plan.ts';
import type { Pool } from '../../ipam/pool.ts';
import { commonVLAN } from '../../ipam/request.ts';
import type { NetworkSelection } from '../../multinet/annotation.ts';
import { planAttachment } from '../../plugin/attachment-plan.ts';
import { distinctRoutes } from '../../plugin/routes.ts';
import { Failure } from '../../system/failure.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import type { Lookup } from './lookup.ts';
import { editOf, networkLabel, type NetworkUse } from './network.ts';
import type { PodFacts } from './pod-facts.ts';
import { isHeldBy, poolFindings, type PoolUse } from './pool-use.ts';

type OfPools = NetworkUse & { readonly kind: 'pools' };

/** A network that a Pod asks for, with all that it depends on. */
export interface NetworkCase {
  readonly selection: NetworkSelection;
  readonly use: NetworkUse;
  /** Those that it names, in their order. */
  readonly pools: readonly PoolUse[];
  readonly facts: PodFacts;
  readonly namespace: Lookup;
  /** See Reader. */
  readonly node: NodeSettings | undefined;
}

/** Why the Pod has no address of this network, or that it has all that it can have. */
export function networkFindings(wanted: NetworkCase): readonly Finding[] {
  const { selection, use, pools, facts } = wanted;
  if (use.kind !== 'pools') return [use.finding];
  const label = networkLabel(selection);
  const lacking = pools.filter((pool) => !isHeldBy(pool, facts, use.network));
  const findings = [...conflicts(wanted, use), ...pools.flatMap((pool) => poolFindings(pool, caseOf(wanted, pool)))];
  if (findings.some(({ state }) => state === 'fail')) return findings;
  if (pools.length === 0) return [...findings, ok(label, 'has static addresses alone: these are held nowhere')];
  if (lacking.length === 0) return [...findings, ok(label, `has an address of ${namesOf(pools)}`)];
  if (lacking.every((pool) => hasOther(wanted, pool))) return findings;
  const message = `has no address of ${namesOf(lacking)} yet, and nothing here stands in the way`;
  const advice =
    facts.node === ''
      ? 'wait until it is scheduled'
      : `what the Node says: kubectl describe pod -n ${facts.namespace} ${facts.name}`;
  return [...findings, warn(label, message, advice)];
}

function namesOf(pools: readonly PoolUse[]): string {
  return `${pools.length === 1 ? 'pool' : 'the pools'} ${pools.map(({ name }) => name).join(', ')}`;
}

function caseOf(wanted: NetworkCase, pool: PoolUse): Parameters<typeof poolFindings>[1] {
  const { selection, use, facts, namespace } = wanted;
  const network = use.kind === 'pools' ? use.network : '';
  return { label: networkLabel(selection), facts, network, namespace, hasOther: hasOther(wanted, pool) };
}

/** An exhausted pool does not matter if another one of its family has given an address. */
function hasOther({ pools, use, facts }: NetworkCase, pool: PoolUse): boolean {
  const family = validPool(pool)?.family;
  const network = use.kind === 'pools' ? use.network : '';
  return pools.some(
    (other) => other !== pool && validPool(other)?.family === family && isHeldBy(other, facts, network),
  );
}

function validPool({ stored }: PoolUse): Pool | undefined {
  return stored === undefined || stored.pool instanceof Failure ? undefined : stored.pool;
}

/** What the plugin would refuse, in its own words. */
function conflicts(wanted: NetworkCase, use: OfPools): readonly Finding[] {
  const { selection } = wanted;
  const { vlanNetwork, ipam } = use;
  const pools = wanted.pools.flatMap((pool) => validPool(pool) ?? []);
  const vlans = vlanNetwork === undefined ? [] : vlanFindings(wanted, { use, vlanNetwork, pools });
  // That of missing pools is answered already.
  if (pools.length < wanted.pools.length) return vlans;
  // Whether they are free is another question.
  return [
    ...vlans,
    ...refused(selection, () => planOf({ addresses: ipam.addresses, requested: [] }, pools)),
    ...refused(selection, () => planOf({ addresses: [], requested: ipam.requested }, pools), askedFor),
    ...refused(selection, () => distinctRoutes(ipam.routes, likelyIPs(use, pools))),
  ];
}

/** Addresses as the network may get them: what routes and MTU have to do with is their family, and the gateways. */
function likelyIPs({ ipam }: OfPools, pools: readonly Pool[]): readonly ResultIP[] {
  const ofPools = pools.map(({ gateway, prefixLength }) => ({ address: gateway, gateway, prefixLength }));
  return [...ofPools, ...ipam.addresses].map(({ address, prefixLength, gateway }) => ({
    address: `${formatAddress(address)}/${prefixLength}`,
    ...(gateway !== undefined && { gateway: formatAddress(gateway) }),
  }));
}

function askedFor(selection: NetworkSelection): string {
  return `ask for another one in ips of the Pod's annotation, or name a pool that has it: ${editOf(selection)}`;
}

/** Static addresses that no pool of the network has, as text: they are held nowhere. */
export function unmanagedAddresses({ use, pools }: Pick<NetworkCase, 'use' | 'pools'>): readonly string[] {
  if (use.kind !== 'pools') return [];
  const valid = pools.flatMap((pool) => validPool(pool) ?? []);
  const isOfPool = (address: Address): boolean => valid.some((pool) => inRanges(pool, address));
  return use.ipam.addresses.flatMap(({ address }) => (isOfPool(address) ? [] : [formatAddress(address)]));
}

interface OnVlan {
  readonly use: OfPools;
  readonly vlanNetwork: VlanNetwork;
  readonly pools: readonly Pool[];
}

function vlanFindings({ selection, node }: NetworkCase, { use, vlanNetwork, pools }: OnVlan): readonly Finding[] {
  const several = refused(selection, () => commonVLAN(pools));
  if (several.length > 0) return several;
  const planning = {
    call: use.call,
    settings: { allowedVLANs: node?.allowedVLANs, allowedTrunks: node?.allowedTrunks },
  };
  const { routes, dns } = use.ipam;
  const assignment = { ips: likelyIPs(use, pools), routes, dns, vlan: commonVLAN(pools), held: [] };
  return [
    ...refused(selection, () =>
      planAttachment(planning, { network: vlanNetwork, mac: '', hostInterface: '' }, assignment),
    ),
    ...otherVLAN(networkLabel(selection), vlanNetwork.vlan ?? 0, pools),
  ];
}

function refused(selection: NetworkSelection, check: () => unknown, advise = editOf): readonly Finding[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [fail(networkLabel(selection), error.message, advise(selection))];
  }
}

function otherVLAN(label: string, vlan: number, pools: readonly Pool[]): readonly Finding[] {
  const other = pools.find((pool) => vlan !== 0 && pool.vlan !== 0 && pool.vlan !== vlan);
  if (other === undefined) return [];
  const message = `is on VLAN ${vlan}, and pool ${other.name} on VLAN ${other.vlan}: the network's counts, so the gateway of the pool will hardly answer`;
  return [warn(label, message, 'leave vlan out of the network, or name a pool of its VLAN')];
}
