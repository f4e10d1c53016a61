import { defaultDataDir } from '../../config/node-folders.ts';
import { formatVlans, type VlanSet } from '../../config/vlans.ts';
import { desiredBridge, type NodeFacts } from '../bridge/desired.ts';
import { servedSocket, type BridgeSettings } from '../config/settings.ts';
import type { Context } from '../context.ts';
import type { WantedKeys } from './agent-keys.ts';

/** What the keys of the Node file follow from. */
export interface KeyFacts extends Pick<Context, 'settings' | 'bridge'> {
  readonly cluster: NodeFacts | undefined;
}

/** Where the plugin has no say of its own, the defaults of both are the same. */
const defaults = { ovsdb: 'unix:/var/run/openvswitch/db.sock', dataDir: defaultDataDir } as const;

/** What belongs to the bridge is not known at times: while one goes, the one that comes is not there yet. */
export function wantedKeys(facts: KeyFacts): WantedKeys {
  const settings = facts.settings.get();
  const agentSocket = servedSocket(settings);
  const socket = agentSocket === undefined ? {} : { agentSocket };
  const bridge = reachedBridge(facts);
  if (bridge === undefined) return { set: {}, otherwise: socket, unknown: ofBridge };
  const { otherBridges: bridges, allowedVLANs, ovsdb, dataDir } = settings;
  const carried = bridge === 'none' ? undefined : carriedVlans(bridge);
  return {
    set: {
      ...(bridge !== 'none' && { bridge: bridge.name }),
      ...(bridges !== undefined && { bridges }),
      ...(allowedVLANs !== undefined && { allowedVLANs }),
      ...(ovsdb !== defaults.ovsdb && { ovsdb }),
      ...(dataDir !== defaults.dataDir && { dataDir }),
    },
    otherwise: { ...(carried !== undefined && { allowedVLANs: carried }), ...socket },
  };
}

const ofBridge = ['bridge', 'bridges', 'allowedVLANs', 'ovsdb', 'dataDir'] as const;

/** The bridge that is wanted and is there. */
function reachedBridge({ settings, cluster, bridge }: KeyFacts): BridgeSettings | 'none' | undefined {
  const state = bridge.get();
  if (state.phase === 'off') return 'none';
  const desired = desiredBridge(settings.get(), cluster);
  if (desired.kind !== 'known') return undefined;
  const { bridge: wanted } = desired;
  if (state.phase === 'none' && wanted === undefined) return 'none';
  return state.phase === 'ready' && state.name === wanted?.name ? wanted : undefined;
}

/** VLANs that some interface carries, where each is limited to some. */
export function carriedVlans({ interfaces }: Pick<BridgeSettings, 'interfaces'>): readonly string[] | undefined {
  const lists = interfaces.map(({ vlans }) => vlans).filter((vlans) => vlans !== undefined);
  if (lists.length === 0 || lists.length < interfaces.length) return undefined;
  const ranges: { first: number; last: number }[] = [];
  for (const id of [...new Set(lists.flat())].toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range?.last === id - 1) range.last = id;
    else ranges.push({ first: id, last: id });
  }
  return ranges.map((range): string => formatVlans([range] satisfies VlanSet));
}
