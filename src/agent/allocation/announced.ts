import { readEnvironment } from '../../cni/environment.ts';
import { parseStdin, readNetworkConfig } from '../../cni/network-config.ts';
import { ownerOf } from '../../ipam/owner.ts';
import { checkPoolName } from '../../ipam/pool.ts';
import type { Owner } from '../../ipam/store.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

/** A call of the plugin as it was made, unread. */
export interface AnnouncedCall {
  /** Name of the executable: what `type` or `ipam.type` must be to mean it. */
  readonly type: string;
  readonly env: Readonly<Record<string, string>>;
  /** Standard input. */
  readonly config: string;
}

/** The next free address of each pool, for one interface. */
export interface AnnouncedWish {
  readonly pools: readonly string[];
  readonly owner: Owner;
}

/**
 * What the plugin will ask for, as far as that can be told without the Node's settings. It decides: what it does not ask
 * for then, is taken back.
 * @returns undefined when it asks for something else, or makes no sense
 */
export function readAnnounced({ type, env, config: text }: AnnouncedCall, node: string): AnnouncedWish | undefined {
  try {
    const request = readEnvironment(env);
    const config = readNetworkConfig(request.command, parseStdin(Buffer.from(text)));
    const { raw, ipamType } = config;
    if (request.command !== 'ADD' || ipamType !== type || request.args.IP !== undefined) return undefined;
    const ipam = objectAt(raw, 'ipam');
    const asked = [
      ipam['addresses'],
      objectAt(raw, 'runtimeConfig')['ips'],
      objectAt(objectAt(raw, 'args'), 'cni')['ips'],
    ];
    const pools = ipam['ippools'];
    if (asked.some((value) => value !== undefined) || !Array.isArray(pools) || pools.length > mostPools)
      return undefined;
    const names = pools.map((value) => checkPoolName({ path: 'ipam.ippools', value }));
    return { pools: [...new Set(names)], owner: ownerOf({ request, config }, node) };
  } catch {
    // The plugin says what is wrong with it.
    return undefined;
  }
}

/** As of one attachment (src/ipam/request.ts). */
const mostPools = 16;

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}
