import { isJsonObject, type JsonObject } from '../../config/json.ts';
import type { Exec, Outcome } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';

/** A network interface of the Node. */
export interface Nic {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  /** Name of the bond or bridge that it is a part of; empty for none. */
  readonly master: string;
  /** Name of the interface that it is on top of, as a VLAN interface is; empty for none. */
  readonly lower: string;
  /** Other names that the kernel knows it by. */
  readonly alternatives: readonly string[];
  /** As the kernel has them. */
  readonly addresses: readonly JsonObject[];
}

/** All interfaces of this network namespace. @throws Failure `io` */
export function readNics(exec: Exec): readonly Nic[] {
  return parse(ip(exec, ['-details', 'address', 'show'])).map((link) => ({
    index: Number(link['ifindex']),
    name: text(link['ifname']),
    mac: text(link['address']),
    mtu: Number(link['mtu']),
    master: text(link['master']),
    lower: text(link['link']),
    alternatives: Array.isArray(link['altnames']) ? link['altnames'].map(String) : [],
    addresses: Array.isArray(link['addr_info']) ? link['addr_info'].filter(isJsonObject) : [],
  }));
}

/** Names of the interfaces by which an address is reached; none when there is no route to it. @throws Failure `io` */
export function routeDevices(exec: Exec, address: string): readonly string[] {
  const shown = run(exec, ['-json', 'route', 'get', address]);
  return shown.code === 0 ? parse(shown).flatMap((route) => text(route['dev']) || []) : [];
}

/** Names of the interfaces of all default routes. @throws Failure `io` */
export function defaultRouteDevices(exec: Exec): readonly string[] {
  return ['-4', '-6'].flatMap((family) =>
    parse(ip(exec, [family, 'route', 'show', 'default'])).flatMap((route) => {
      const hops = Array.isArray(route['nexthops']) ? route['nexthops'].filter(isJsonObject) : [route];
      return hops.flatMap((hop) => text(hop['dev']) || []);
    }),
  );
}

/**
 * These interfaces, and all that they are made of: members of a bond or a bridge, and what a VLAN interface is on top of.
 * A bridge of Open vSwitch has no members in the kernel's eyes.
 */
export function withParts(nics: readonly Nic[], names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names);
  // A set's iterator goes on with what is added on the way.
  for (const name of found) {
    const { lower } = nics.find((nic) => nic.name === name) ?? {};
    if (lower !== undefined && lower !== '') found.add(lower);
    for (const nic of nics) if (nic.master === name) found.add(nic.name);
  }
  return found;
}

function ip(exec: Exec, args: readonly string[]): Outcome {
  const shown = run(exec, ['-json', ...args]);
  if (shown.code === 0) return shown;
  throw new Failure('io', `ip ${args.join(' ')} fails: ${shown.stderr}`);
}

function run(exec: Exec, args: readonly string[]): Outcome {
  return exec('ip', args, { timeout: 5000 });
}

function parse({ stdout, stderr }: Outcome): readonly JsonObject[] {
  if (stdout === '') return [];
  try {
    const value: unknown = JSON.parse(stdout);
    return Array.isArray(value) ? value.filter(isJsonObject) : [];
  } catch (cause) {
    throw new Failure('io', `ip printed something that is no JSON: ${stderr}`, { cause });
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
