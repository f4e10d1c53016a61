import type { WantedPort } from '../../net/ovs/socket/attached-ports.ts';
import type { PortVlans } from '../../net/port-config.ts';
import { isJsonObject, type JsonObject } from '../../config/json.ts';
import { attachmentKey, hostInterfaceName, type AttachmentID } from '../../system/attachment-id.ts';
import type { JournalEntry } from '../../system/journal.ts';

/** A port as its attachment has made it. */
export interface WantedAttachment {
  readonly id: AttachmentID;
  readonly key: string;
  readonly bridge: string;
  /** Of the host's end. */
  readonly mtu: number;
  readonly port: WantedPort;
}

/** @returns undefined where there is to be no port, or it is not known how it was made */
export function wantedOf(entry: JournalEntry): WantedAttachment | undefined {
  const { containerID, ifname, network, netns, hostInterface: name, port } = entry;
  if (!isJsonObject(port) || name !== hostInterfaceName(entry)) return undefined;
  const { bridge, mtu, podNamespace, podName, mac, addresses } = port;
  const vlans = isJsonObject(port['vlans']) ? readVlans(port['vlans']) : undefined;
  if (vlans === undefined || typeof bridge !== 'string' || typeof mtu !== 'number') return undefined;
  const owner = {
    containerID,
    ifname,
    network,
    netns,
    podNamespace: textOf(podNamespace),
    podName: textOf(podName),
    mac: textOf(mac),
    addresses: textOf(addresses),
  };
  return { id: { containerID, ifname }, key: attachmentKey(entry), bridge, mtu, port: { name, vlans, owner } };
}

function readVlans({ mode, tag, trunks }: JsonObject): PortVlans | undefined {
  const list = Array.isArray(trunks) ? trunks.filter(isVlan) : undefined;
  if (mode === 'access' && isVlan(tag)) return { mode, tag };
  if (mode === 'trunk' && list !== undefined) return { mode, trunks: list };
  if (mode === 'native-untagged' && isVlan(tag) && list !== undefined) return { mode, tag, trunks: list };
  return undefined;
}

function isVlan(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 4094;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
