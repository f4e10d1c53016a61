import type { Address } from './address.ts';
import type { Pool } from './pool.ts';

/** Who holds an address. Absent facts (no Kubernetes, no CNI_ARGS) are empty strings. */
export interface Owner {
  /** The `name` of the network configuration: what CNI GC calls "this network". */
  readonly network: string;
  readonly pod: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly containerID: string;
    readonly ifName: string;
    readonly node: string;
  };
}

/** One address that is held. Its existence is the allocation. */
export interface Allocation {
  readonly pool: string;
  readonly poolUID: string;
  readonly address: Address;
  readonly phase: 'Allocated' | 'Reserved';
  readonly owner: Owner;
  /** Opaque: identifies this very allocation, so that a release cannot hit a later one of the same address. */
  readonly version: string;
}

export interface OwnerFilter {
  readonly network?: string;
  readonly node?: string;
  readonly containerID?: string;
  readonly ifName?: string;
}

export type CreateOutcome =
  | { readonly created: true; readonly allocation: Allocation }
  /** Somebody holds it already: perhaps the caller itself, from an earlier try. */
  | { readonly created: false; readonly allocation: Allocation };

export type UnconfirmedOutcome = CreateOutcome & {
  /**
   * Rejects when what was created does not count, as the pool was on its way out meanwhile: then it is to be released.
   * May be left alone. Absent: it counts.
   */
  readonly confirmed?: Promise<void>;
};

/** `absent`: nobody held it. `changed`: somebody else holds it by now; nothing was released. */
export type ReleaseOutcome = 'released' | 'absent' | 'changed';

/**
 * Where pools and allocations live. Every driver passes test/ipam/store-conformance.ts.
 * Each method may throw a Failure of kind `unavailable` (try again) or `io`.
 */
export interface Store {
  /** @throws Failure `ipam` when there is no such pool, when it is being deleted, or when its spec is not valid. */
  readPool(name: string): Promise<Pool>;
  /** Begins to read pools that are wanted soon; absent where that takes no time. Problems are told by readPool(). */
  readAhead?(names: readonly string[]): void;
  /**
   * Addresses worth trying, best first, without a list of the pool. Each one that is yielded may be
   * taken by the time it is tried. The end means that none is free, verified against the store.
   */
  candidates(pool: Pool): AsyncIterable<Address>;
  /** Create-if-absent: the allocation itself. Atomic among processes and across crashes. */
  create(pool: Pool, address: Address, owner: Owner): Promise<CreateOutcome>;
  /** create() for who can wait for the rest of it later; absent where there is nothing to wait for. */
  createUnconfirmed?(pool: Pool, address: Address, owner: Owner): Promise<UnconfirmedOutcome>;
  get(pool: string, address: Address): Promise<Allocation | undefined>;
  /** Compare-and-delete: only while the store still holds this very allocation. */
  release(allocation: Allocation): Promise<ReleaseOutcome>;
  /** Scans; for repair only, never on the path of an ordinary ADD or DEL. With `pool`, only that pool. */
  find(filter: OwnerFilter, pool?: string): AsyncIterable<Allocation>;
}
