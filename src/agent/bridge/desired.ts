import type { JsonObject } from '../../config/json.ts';
import { chooseNodeConfig } from '../config/node-config.ts';
import type { AgentSettings, BridgeSettings } from '../config/settings.ts';
import type { NodeView } from '../cluster.ts';
import type { Followed } from '../followed.ts';

/** Which secondary bridge this Node is to have. */
export type Desired =
  /** Not known now: nothing may be changed. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** The agent has nothing to do with bridges. */
  | { readonly kind: 'off' }
  | {
      readonly kind: 'known';
      /** undefined: none. */
      readonly bridge: BridgeSettings | undefined;
      readonly problems: readonly string[];
    };

/** What the cluster says of this Node; see Cluster. */
export interface NodeFacts {
  readonly node: Followed<NodeView | undefined>;
  readonly nodeConfigs: Followed<readonly JsonObject[] | undefined>;
}

/** The file goes before the objects of the cluster. */
export function desiredBridge(settings: AgentSettings, cluster: NodeFacts | undefined): Desired {
  const { gates, bridge, primaryBridge } = settings;
  if (!gates.SecondaryNetwork) return { kind: 'off' };
  if (bridge !== undefined) return { kind: 'known', bridge, problems: [] };
  const nothing = { kind: 'known', bridge: undefined, problems: [] } as const;
  if (!gates.AntreaNodeConfig || cluster === undefined) return nothing;
  const node = cluster.node.get();
  const objects = cluster.nodeConfigs.get();
  if (node === undefined) return { kind: 'unknown', reason: 'the labels of this Node have not been read yet' };
  if (objects === undefined) return { kind: 'unknown', reason: 'the AntreaNodeConfig objects have not been read yet' };
  const labels = new Map(Object.entries(node.labels));
  const { bridge: chosen, broken, problems } = chooseNodeConfig(objects, { labels, primaryBridge });
  if (broken !== undefined) return { kind: 'unknown', reason: broken };
  return { kind: 'known', bridge: chosen, problems };
}
