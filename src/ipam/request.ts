import { Failure } from '../system/failure.ts';
import { bitsOf, formatAddress } from './address.ts';
import type { Address } from './address.ts';
import { nothingAsked } from './foreign-keys.ts';
import type { Pool } from './pool.ts';
import type { Owner, Store } from './store.ts';

export interface AllocateRequest {
  readonly store: Store;
  readonly owner: Owner;
  /** Names of pools (`ipam.ippools`): one address of each. */
  readonly pools: readonly string[];
  /** `ipam.addresses`: given as they are, and claimed in a listed pool if they lie in its ranges. */
  readonly addresses: readonly StaticAddress[];
  /** What the runtime or the Pod asks for: taken in place of the next free address of the pool that has it. */
  readonly requested: readonly RequestedAddress[];
  /** What the caller's journal says the owner has; each is believed only if the store says so too. */
  readonly known: readonly HeldAddress[];
  /** False where VLANs have no effect, as in the IPAM of another plugin: then those of the pools may differ. */
  readonly vlanMatters?: boolean;
  /**
   * Called once, with the pools, before the first address is created. If the caller is killed from
   * then on, `releaseFound` in these pools finds what it left behind.
   */
  readonly onIntent?: (pools: readonly string[]) => void | Promise<void>;
  /**
   * Takes what there is to wait for before an address counts, which is then not waited for. If it rejects after the
   * addresses were told, the caller releases what was created. May be left alone.
   */
  readonly onUnconfirmed?: (confirmed: Promise<void>) => void;
}

export interface StaticAddress {
  readonly address: Address;
  readonly prefixLength: number;
  readonly gateway?: Address | undefined;
}

export interface RequestedAddress {
  readonly address: Address;
  /** If it is given, it must be that of the pool. */
  readonly prefixLength?: number | undefined;
}

export interface HeldAddress {
  readonly pool: string;
  readonly address: Address;
  /** Of the allocation, where it was noted when it was made: a release then need not ask first. */
  readonly version?: string | undefined;
}

/** How many pools, static and requested addresses one attachment may have, each. */
const MAX_PER_ATTACHMENT = 16;

/** @throws Failure `config` for what is wrong whatever the pools are */
export function checkRequest({
  pools,
  addresses,
  requested,
}: Pick<AllocateRequest, 'pools' | 'addresses' | 'requested'>): void {
  if (pools.length === 0 && addresses.length === 0) throw nothingAsked([]);
  refuseMany('ipam.ippools', pools.length);
  refuseMany('ipam.addresses', addresses.length);
  refuseMany('the list of requested addresses', requested.length);
  const pool = firstRepeated(pools);
  if (pool !== undefined) throw new Failure('config', `ipam.ippools lists pool ${pool} twice: expected each pool once`);
  const address = firstRepeated([...addresses, ...requested].map((one) => formatAddress(one.address)));
  if (address !== undefined)
    throw new Failure(
      'config',
      `address ${address} is asked for twice: expected it once in ipam.addresses or among the requested ones`,
    );
  for (const one of addresses) checkStatic(one);
}

/**
 * The VLAN of all pools; undefined if there are none. 0 goes with any other.
 * @throws Failure `config` if two pools have different VLANs
 */
export function commonVLAN(pools: readonly Pool[]): number | undefined {
  const [first, ...others] = pools.filter(({ vlan }) => vlan !== 0);
  if (first === undefined) return pools.length === 0 ? undefined : 0;
  const other = others.find(({ vlan }) => vlan !== first.vlan);
  if (other === undefined) return first.vlan;
  throw new Failure(
    'config',
    `ipam.ippools lists pool ${first.name} of VLAN ${first.vlan} and pool ${other.name} of VLAN ${other.vlan}: expected pools of one VLAN`,
  );
}

function refuseMany(key: string, count: number): void {
  if (count > MAX_PER_ATTACHMENT)
    throw new Failure('config', `${key} has ${count} elements: at most ${MAX_PER_ATTACHMENT} are accepted`);
}

function firstRepeated(texts: readonly string[]): string | undefined {
  return texts.find((text, index) => texts.indexOf(text) !== index);
}

function checkStatic({ address, prefixLength, gateway }: StaticAddress): void {
  const written = `ipam.addresses: ${formatAddress(address)}/${prefixLength}`;
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > bitsOf(address.family)) {
    throw new Failure('config', `${written} has an impossible prefix length: expected 0 to ${bitsOf(address.family)}`);
  }
  if (gateway !== undefined && gateway.family !== address.family) {
    throw new Failure(
      'config',
      `${written} has the gateway ${formatAddress(gateway)}: expected one of the same family`,
    );
  }
}
