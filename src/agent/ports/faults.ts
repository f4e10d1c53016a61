import type { HostLinkState } from '../../net/nic/host-links.ts';
import { externalIDs } from '../../net/ovs/ports.ts';
import {
  attachedPortAddition,
  attachedPortCorrection,
  attachedPortMove,
  type AttachedPort,
  type AttachedPorts,
} from '../../net/ovs/socket/attached-ports.ts';
import type { Operations } from '../../net/ovs/socket/operations.ts';
import type { PortVlans } from '../../net/port-config.ts';
import type { WantedAttachment } from './wanted.ts';

/** What is not as the attachment has made it: the whole port, where it is, a column of it, or the host's end of the link. */
export type Fault = 'missing' | 'bridge' | 'vlans' | 'external_ids' | 'link';

/** What there is. */
export interface Present extends AttachedPorts {
  readonly links: ReadonlyMap<string, HostLinkState>;
}

/** Without its link there is nothing to be put right: the attachment is about to go, or has not been made to the end. */
export function faultsOf({ bridge, mtu, port: wanted }: WantedAttachment, { ports, links }: Present): readonly Fault[] {
  const link = links.get(wanted.name);
  if (link === undefined) return [];
  const port = ports.get(wanted.name);
  const faults: readonly (Fault | false)[] =
    port === undefined
      ? ['missing']
      : [
          port.bridge !== bridge && 'bridge',
          !hasVlans(port, wanted.vlans) && 'vlans',
          !isOwnedBy(port, wanted.owner) && 'external_ids',
        ];
  return [...faults, (link.mtu !== mtu || !link.up) && ('link' as const)].filter((fault) => fault !== false);
}

/**
 * What puts the port right, but for its link.
 * @param nth of several attachments in one transaction
 * @returns none when its bridge is not there
 */
export function correctionOf({ bridge, port: wanted }: WantedAttachment, present: Present, nth: number): Operations {
  const home = present.bridges.get(bridge);
  const port = present.ports.get(wanted.name);
  if (home === undefined) return [];
  if (port === undefined) return attachedPortAddition(wanted, home, nth);
  return [...attachedPortCorrection(port, wanted), ...(port.bridge === bridge ? [] : attachedPortMove(port, home))];
}

function hasVlans({ vlanMode, tag, trunks }: AttachedPort, wanted: PortVlans): boolean {
  return (
    vlanMode === wanted.mode &&
    tag === ('tag' in wanted ? wanted.tag : undefined) &&
    String(trunks) === String('trunks' in wanted ? wanted.trunks : [])
  );
}

function isOwnedBy({ marked, owner }: AttachedPort, wanted: AttachedPort['owner']): boolean {
  return marked && JSON.stringify(externalIDs(owner)) === JSON.stringify(externalIDs(wanted));
}
