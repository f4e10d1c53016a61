import type { PortVlans } from '../port-config.ts';
import type { FoundPort, PortOwner } from './ports.ts';

/** What attachments need of Open vSwitch. Each function throws a Failure, `unavailable` when it may work later. */
export interface OvsDriver {
  /**
   * Adds ports, all of them or none, and waits until ovs-vswitchd has taken them. Those that it refuses are in the
   * database nevertheless.
   * @throws PortFailure `wiring` when the port is there or is refused; Failure when there is no such bridge, which
   * aboutPort() (failures.ts) knows the port of
   */
  addPorts(addition: PortAddition): Promise<void>;
  /** Of whatever bridges; none of such a name is no error. Does not wait for ovs-vswitchd. */
  removePorts(names: readonly string[]): Promise<void>;
  /** The ports that are ours, of one name or of one network. */
  findPorts(wanted: WantedPorts): Promise<readonly FoundPort[]>;
  bridgeExists(bridge: string): Promise<boolean>;
}

export interface PortAddition {
  /** Can be looked at before it is known what the ports shall be. */
  readonly bridges: readonly string[];
  /** Asked for once nothing is in their way any more: until then, nothing has been changed. */
  readonly ports: () => Promise<readonly NewPort[]>;
}

export interface NewPort {
  /** That of its interface, too. */
  readonly name: string;
  readonly bridge: string;
  readonly vlans: PortVlans;
  readonly owner: PortOwner;
}

export type WantedPorts = { readonly name: string } | { readonly network: string };

export interface OvsOptions {
  /** `unix:/path` of ovsdb-server's socket. */
  readonly database: string;
  /** Milliseconds that one piece of work may take: the more, the more calls are under way on this Node. */
  readonly timeout: () => number;
  /** Milliseconds that are left for the whole call. */
  readonly remaining: () => number;
}

/** How long a busy OVS is tried, milliseconds; what is left of the call must do for an undo. */
const patience = 30_000;
const reserve = 10_000;

/** Milliseconds from now for which an OVS that turns callers away is tried again. */
export function patienceOf({ remaining }: Pick<OvsOptions, 'remaining'>): number {
  return Math.min(patience, remaining() - reserve);
}

/** Milliseconds before the next try: later and later, and not all callers at once. */
export function backoff(attempt: number): number {
  return Math.min(10 * 2 ** attempt, 500) * (0.5 + Math.random());
}
