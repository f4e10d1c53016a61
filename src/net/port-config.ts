import { allowsVlans, formatVlans, type VlanRange, type VlanSet } from '../config/vlans.ts';
import { Failure } from '../system/failure.ts';

/** How an OVS port treats VLAN tags (ovs-vswitchd.conf.db(5), Port table, "VLAN Configuration"). */
export type PortVlans =
  | { readonly mode: 'access'; readonly tag: number }
  | { readonly mode: 'trunk'; readonly trunks: readonly number[] }
  | { readonly mode: 'native-untagged'; readonly tag: number; readonly trunks: readonly number[] };

export interface WantedVlans {
  /** Of the network; 0 or undefined: the pool decides. */
  readonly vlan: number | undefined;
  readonly poolVlan: number | undefined;
  readonly trunk: readonly TrunkItem[] | undefined;
}

/** As in ovs-cni's configuration: one VLAN, or a range. */
export interface TrunkItem {
  readonly id?: number;
  readonly minID?: number;
  readonly maxID?: number;
}

/**
 * An access port unless a trunk is asked for: a port that is neither takes any tag from the Pod.
 * @throws Failure `config` when trunk is malformed
 */
export function portVlans({ vlan, poolVlan, trunk }: WantedVlans): PortVlans {
  const tag = vlan === undefined || vlan === 0 ? (poolVlan ?? 0) : vlan;
  if (trunk === undefined) return { mode: 'access', tag };
  const trunks = expand(trunk.map(readItem));
  return vlan === undefined && tag === 0 ? { mode: 'trunk', trunks } : { mode: 'native-untagged', tag, trunks };
}

/**
 * Refuses VLANs that the Node's administrator does not allow.
 * @throws Failure `unsupported`
 */
export function refuseForeignVlans(
  vlans: PortVlans,
  allowed: { readonly access: VlanSet | undefined; readonly trunk: VlanSet | undefined },
): void {
  if (vlans.mode !== 'trunk' && !allowsVlans(allowed.access, { first: vlans.tag, last: vlans.tag })) {
    throw new Failure(
      'unsupported',
      `vlan ${vlans.tag} is not allowed on this Node: allowedVLANs lists ${listed(allowed.access)}`,
      vlans.tag === 0 ? { details: 'vlan 0 is untagged: neither the network nor its pools name a VLAN' } : {},
    );
  }
  if (vlans.mode === 'access') return;
  const foreign = vlans.trunks.find((id) => !allowsVlans(allowed.trunk, { first: id, last: id }));
  if (foreign === undefined) return;
  throw new Failure(
    'unsupported',
    `trunk VLAN ${foreign} is not allowed on this Node: allowedTrunks lists ${listed(allowed.trunk)}`,
  );
}

function readItem(item: TrunkItem, index: number): VlanRange {
  const { id, minID, maxID } = item;
  if (id !== undefined && minID === undefined && maxID === undefined) return { first: id, last: id };
  if (id === undefined && minID !== undefined && maxID !== undefined && minID <= maxID)
    return { first: minID, last: maxID };
  const value = JSON.stringify(item);
  throw new Failure(
    'config',
    `trunk[${index}] needs either id, or minID and a maxID that is not smaller: it is ${value}`,
  );
}

function expand(ranges: readonly VlanRange[]): readonly number[] {
  const ids = new Set<number>();
  for (const { first, last } of ranges) for (let id = first; id <= last; id++) ids.add(id);
  return [...ids].toSorted((a, b) => a - b);
}

function listed(set: VlanSet | undefined): string {
  return set === undefined || set.length === 0 ? 'none' : formatVlans(set);
}
