import { formatAddress } from '../../ipam/address.ts';
import { ownerName } from '../../ipam/owner.ts';
import type { Allocation } from '../../ipam/store.ts';
import { formatTable } from '../output/table.ts';

/** A container ID as other tools show it, when space is short. */
const shortId = 13;

/** Who holds what, for people. */
export function formatAddresses(holders: readonly Allocation[], { wide }: { readonly wide: boolean }): string {
  const headings = [
    'ADDRESS',
    'POOL',
    'POD',
    'INTERFACE',
    'NETWORK',
    'NODE',
    'CONTAINER',
    ...(wide ? ['PHASE', 'POD-UID'] : []),
  ];
  return formatTable(
    headings,
    holders.map((holder) => row(holder, wide)),
  );
}

function row({ address, pool, phase, owner }: Allocation, wide: boolean): readonly string[] {
  const { uid, containerID, ifName, node } = owner.pod;
  return [
    formatAddress(address),
    pool,
    ownerName(owner),
    ifName,
    owner.network,
    node,
    wide ? containerID : containerID.slice(0, shortId),
    ...(wide ? [phase, uid] : []),
  ];
}
