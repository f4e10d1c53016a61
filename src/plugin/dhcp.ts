import { isJsonObject, type JsonObject } from '../config/json.ts';
import { Failure } from '../system/failure.ts';
import type { Files } from '../system/files.ts';

/**
 * The plugin `dhcp` does nothing by itself: a daemon of its own holds the leases, and the plugin asks it.
 * @returns the daemon's socket that a configuration needs and this Node lacks
 * @see https://www.cni.dev/plugins/current/ipam/dhcp/
 */
export function missingDhcpDaemon({ exists }: Pick<Files, 'exists'>, { ipam }: JsonObject): string | undefined {
  if (!isJsonObject(ipam) || ipam['type'] !== 'dhcp') return undefined;
  const named = ipam['daemonSocketPath'];
  const socket = typeof named === 'string' && named !== '' ? named : '/run/cni/dhcp.sock';
  return exists(socket) ? undefined : socket;
}

/**
 * Before anything is made: the plugin's own words are about a connection.
 * @throws Failure `unavailable`
 */
export function refuseMissingDhcpDaemon(files: Pick<Files, 'exists'>, config: JsonObject): void {
  const socket = missingDhcpDaemon(files, config);
  if (socket === undefined) return;
  throw new Failure('unavailable', `ipam.type "dhcp" needs its daemon, and this Node has no socket ${socket}`, {
    details: 'start it on the Node: /opt/cni/bin/dhcp daemon',
  });
}
