import { readdirSync } from 'node:fs';
import type { TestNode } from '../../fixture/node.ts';

export interface Traces {
  /** Of Open vSwitch. */
  readonly ports: readonly string[];
  /** Host interfaces of ours. */
  readonly links: readonly string[];
  /** Files of the journal. */
  readonly journal: readonly string[];
  /** What may have been created late, and is still to be looked for. */
  readonly unsettled: readonly string[];
  /** `pool/address` */
  readonly held: readonly string[];
}

export const noTraces: Traces = { ports: [], links: [], journal: [], unsettled: [], held: [] };

/** Everything that attachments have on a Node, and what is held in the store. */
export async function tracesOf(
  { bridge, dataDir, netns, ovs }: TestNode,
  held: () => Promise<readonly string[]>,
): Promise<Traces> {
  const links = (await netns.links()).map(({ ifname }) => ifname);
  return {
    ports: await ovs.ports(bridge),
    links: links.filter((name) => /^av[a-z2-7]{13}$/u.test(name)),
    journal: filesIn(`${dataDir}/attachments`),
    unsettled: filesIn(`${dataDir}/unsettled`),
    held: await held(),
  };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
