import { livePods } from '../../controller/cleanup/live.ts';
import { lookUpOwners } from '../../controller/cleanup/live-pods.ts';
import { findSuspects } from '../../controller/cleanup/suspects.ts';
import { compareAddresses, formatAddress } from '../../ipam/address.ts';
import type { Allocation } from '../../ipam/store.ts';
import { ok, warn, type Finding } from '../../system/finding.ts';
import { refusalOf } from './lookup.ts';
import type { View } from './view.ts';

/** Beyond that many holders, all Pods are listed. */
const fewPods = 1000;

/** Which addresses are held for Pods that are gone. */
export async function deadHolders({ cluster }: View, held: readonly Allocation[]): Promise<readonly Finding[]> {
  if (cluster === undefined || held.length === 0) return [];
  const allocations = findSuspects(held, { has: () => false, size: () => fewPods });
  try {
    const { signal } = new AbortController();
    const { gone, errors } = await lookUpOwners(livePods(cluster.client), { allocations, podCount: fewPods, signal });
    const [error] = errors;
    if (error === undefined) return goneFinding(gone);
    return gone.length === 0 ? [unknown(error)] : [...goneFinding(gone), unknown(error)];
  } catch (error) {
    return [unknown(error)];
  }
}

function goneFinding(gone: readonly Allocation[]): readonly Finding[] {
  if (gone.length === 0) return [ok('dead holders', 'none: every Pod that an address is held for is there')];
  const addresses = gone.map(({ address }) => address).toSorted(compareAddresses);
  const examples = addresses.slice(0, 5).map(formatAddress);
  const more = addresses.length > examples.length ? ', …' : '';
  return [
    warn(
      'dead holders',
      `${gone.length} of the addresses are held for Pods that are gone: ${examples.join(', ')}${more}`,
      `who frees it, and when: antrea explain ${examples[0]}`,
    ),
  ];
}

/** @throws what is no refusal */
function unknown(error: unknown): Finding {
  return ok('dead holders', `whether the holders live cannot be told: ${refusalOf(error).reason}`);
}
