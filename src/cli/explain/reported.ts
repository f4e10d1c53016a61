import { formatAddress } from '../../ipam/address.ts';
import type { NetworkSelection } from '../../multinet/annotation.ts';
import { networkStatusAnnotation, parseNetworkStatus, type NetworkStatus } from '../../multinet/network-status.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import { shellWord } from '../output/shell-word.ts';
import type { Holding } from './holdings.ts';
import type { PodFacts } from './pod-facts.ts';

export interface Reported {
  readonly facts: PodFacts;
  /** The networks whose addresses are of our pools. */
  readonly selections: readonly NetworkSelection[];
  /** What this very Pod holds. */
  readonly holdings: readonly Holding[];
  /** Static addresses of these networks that are held nowhere. */
  readonly unmanaged: readonly string[];
}

/** Whether what Multus says that the Pod has is what it holds. */
export function reportedFindings({ facts, selections, holdings, unmanaged }: Reported): readonly Finding[] {
  const annotation = facts.annotations[networkStatusAnnotation];
  const describe = `kubectl describe pod -n ${facts.namespace} ${facts.name}`;
  if (selections.length === 0) return [];
  if (typeof annotation !== 'string') {
    const message = 'is not there: Multus, or antrea without it, writes it when all networks are attached';
    return [warn('network-status', message, `was either of them called at all? ${describe}`)];
  }
  const status = parseNetworkStatus(annotation);
  if (status === undefined) return [warn('network-status', 'is no JSON list', describe)];
  const ours = status.filter(({ name }) => selections.some((one) => `${one.namespace}/${one.name}` === name));
  const held = holdings.map(({ allocation }) => formatAddress(allocation.address));
  const unheld = ours.flatMap(({ ips }) => ips).filter((ip) => !held.includes(ip) && !unmanaged.includes(ip));
  const unused = held.filter((ip) => !ours.some(({ ips }) => ips.includes(ip)));
  return [
    ...missing(selections, ours, describe),
    ...unheld.map((ip) => strange(ip)),
    ...unused.map((ip) => warn('network-status', `does not name ${ip}, which the Pod holds`, `antrea explain ${ip}`)),
    ...(ours.length === 0 ? [] : [ok('network-status', ours.map(textOf).join('; '))]),
  ];
}

function missing(
  selections: readonly NetworkSelection[],
  status: readonly NetworkStatus[],
  describe: string,
): readonly Finding[] {
  const absent = selections.filter((one) => !status.some(({ name }) => `${one.namespace}/${one.name}` === name));
  return absent.map(({ namespace, name }) =>
    warn('network-status', `does not name ${namespace}/${name}: it was not attached`, describe),
  );
}

/** It may be of a network that was another one when the Pod started, or have been freed while the Pod runs. */
function strange(ip: string): Finding {
  return fail(
    'network-status',
    `names ${ip}, which the Pod does not hold in a pool of its networks`,
    `antrea explain ${shellWord(ip)}`,
  );
}

function textOf({ name, ifname, ips }: NetworkStatus): string {
  return `${ifname} ${ips.join(' ') || 'without address'} (${name})`;
}
