import { randomInt } from 'node:crypto';
import { must, run } from '../fixture/command.ts';
import type { Netns } from '../fixture/netns.ts';
import { uniqueName } from '../fixture/unique.ts';
import { lane, lanes } from './ports.ts';

/** This machine's end of every link below; the API server's certificate has it. */
export const hostAddress = '169.254.99.1';

/** What the names of these ends begin with. */
export const hostLink = 'api-';

/** The other end, in a Node's network namespace. */
export const linkThere = 'apiserver';

/**
 * Links a network namespace with this one, by a veth that ends with the namespace: what runs there
 * reaches `hostAddress`, and nothing else of this machine.
 */
export async function linkWithHost(netns: Pick<Netns, 'name'>): Promise<{ readonly remove: () => Promise<void> }> {
  const host = uniqueName(hostLink);
  const other = `169.254.${100 + lanes * randomInt(19) + lane}.${randomInt(1, 255)}`;
  const batch = [
    `link add ${host} type veth peer name ${linkThere} netns ${netns.name}`,
    `address add ${hostAddress} peer ${other} dev ${host}`,
    `link set ${host} up`,
  ];
  await must(['ip', '-batch', '-'], { input: batch.join('\n') });
  const batchThere = [`address add ${other} peer ${hostAddress} dev ${linkThere}`, `link set ${linkThere} up`];
  await must(['ip', '-netns', netns.name, '-batch', '-'], { input: batchThere.join('\n') });
  return {
    // Fails where the namespace is gone already, and the link with it.
    remove: async () => void (await run(['ip', 'link', 'delete', host])),
  };
}
