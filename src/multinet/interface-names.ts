import { Failure } from '../system/failure.ts';
import type { NetworkSelection } from './annotation.ts';

export interface NamingRules {
  readonly prefix: 'net' | 'eth';
  /** The Pod's first interface. */
  readonly primary: string;
  /** What is wrong with a name, or undefined. */
  readonly complaint: (name: string) => string | undefined;
}

/**
 * The interfaces of a Pod's networks, in their order. Names that the Pod asks for are taken first. `net` then counts as
 * Multus does: the second network is net2, whatever the first one is called. `eth` counts as Antrea does: the lowest
 * that is free, from eth1.
 * @throws Failure `config` when a name is asked for that cannot be had
 */
export function interfaceNames(
  selections: readonly Pick<NetworkSelection, 'ifname' | 'name' | 'namespace'>[],
  rules: NamingRules,
): readonly string[] {
  const taken = new Set([rules.primary]);
  for (const { ifname, name, namespace } of selections) {
    if (ifname === undefined) continue;
    const problem = taken.has(ifname) ? 'is the name of another interface of the Pod' : rules.complaint(ifname);
    if (problem !== undefined)
      throw new Failure('config', `network ${namespace}/${name}: the interface ${JSON.stringify(ifname)} ${problem}`);
    taken.add(ifname);
  }
  return selections.map(({ ifname }, index) => ifname ?? take(taken, rules.prefix, index + 1));
}

function take(taken: Set<string>, prefix: NamingRules['prefix'], position: number): string {
  const wanted = `${prefix}${position}`;
  const name = prefix === 'net' && !taken.has(wanted) ? wanted : lowestFree(taken, prefix);
  taken.add(name);
  return name;
}

function lowestFree(taken: ReadonlySet<string>, prefix: string): string {
  for (let number = 1; ; number++) if (!taken.has(`${prefix}${number}`)) return `${prefix}${number}`;
}
