import type { JsonObject } from '../../../system/json-object.ts';
import { connectPeer } from './peer.ts';

export interface MonitorOptions {
  /** Path of ovsdb-server's socket. */
  readonly path: string;
  /** Something that the agent keeps has changed, or is gone; what, is not said. */
  readonly onChange: () => void;
  /** Nothing is told any more: once. */
  readonly onEnd: (reason: string) => void;
}

/**
 * Has ovsdb-server tell about changes of bridges and ports (RFC 7047, section 4.1.5). New ports are not told: each
 * attachment of a Pod makes one.
 * @returns what ends it; `onEnd` is not called then
 * @throws ConnectError (byte-stream.ts)
 */
export async function monitorBridges({ path, onChange, onEnd }: MonitorOptions): Promise<() => void> {
  const peer = await connectPeer(path, {
    onMessage: (message) => {
      if (message['method'] === 'update') onChange();
      else if (isRefusal(message)) {
        peer.close();
        onEnd(`it does not monitor: ${JSON.stringify(message['error'])}`);
      }
    },
    onEnd,
  });
  peer.send({ method: 'monitor', id: 0, params: ['Open_vSwitch', null, wanted] });
  return () => peer.close();
}

function isRefusal({ error }: JsonObject): boolean {
  return error !== undefined && error !== null;
}

const wanted = {
  // A database that was empty has been prepared.
  Open_vSwitch: { columns: [], select: { initial: false, modify: false } },
  Bridge: { columns: ['name', 'external_ids', 'mcast_snooping_enable'], select: { initial: false } },
  Port: { columns: ['vlan_mode', 'tag', 'trunks', 'external_ids'], select: { initial: false, insert: false } },
};
