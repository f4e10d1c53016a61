import { isJsonObject } from '../config/json.ts';
import { createClient, type KubeClient } from '../kube/client.ts';
import type { ClusterAccess } from '../kube/kubeconfig.ts';
import { watchConnections } from '../kube/watch/connection.ts';
import type { WatchMetrics } from '../kube/watch/watch.ts';
import { Failure } from '../system/failure.ts';
import type { Log } from '../system/log.ts';
import { createFollowed, type Followed } from './followed.ts';
import { followNodeConfigs, type NodeConfigs } from './node-configs.ts';
import { repeat } from './repeat.ts';

/** What the agent knows of its cluster. */
export interface Cluster {
  readonly access: ClusterAccess;
  readonly client: KubeClient;
  readonly nodeName: string;
  /** undefined until it has been read once; what was read last stays while the API server is away. */
  readonly node: Followed<NodeView | undefined>;
  /** AntreaNodeConfig objects; undefined until they have been read once. */
  readonly nodeConfigs: NodeConfigs;
}

/** This Node's object. */
export interface NodeView {
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Addresses of type InternalIP. */
  readonly internalIPs: readonly string[];
}

export interface FollowClusterOptions {
  readonly access: ClusterAccess;
  readonly nodeName: string;
  /** Whether AntreaNodeConfig objects matter now. */
  readonly wantsNodeConfigs: () => boolean;
  readonly metrics: WatchMetrics;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks at the Node, and at what is wanted, by default 10 s. */
  readonly interval?: number;
}

/** For as long as the signal lasts. The Node is asked for again and again: its labels and addresses hardly ever change. */
export function followCluster(options: FollowClusterOptions): Cluster {
  const { access, nodeName, log, signal, metrics, interval = 10_000 } = options;
  const client = createClient({ access, deadline: endless });
  const node = createFollowed<NodeView | undefined>(undefined);
  const pace = { interval: interval * (0.8 + 0.4 * Math.random()), signal, log };
  let newest: ReadNode | undefined;
  const look = async (): Promise<void> => {
    const cached = await readNode(client, nodeName, { resourceVersion: '0' });
    newest = isOlder(cached, newest) ? await readNode(client, nodeName, {}) : cached;
    node.set(newest.view);
  };
  void repeat(look, { ...pace, what: 'read this Node' });
  const api = { client, openWatch: watchConnections(access, 'antrea-agent') };
  const nodeConfigs = followNodeConfigs({ ...pace, api, metrics, wanted: options.wantsNodeConfigs });
  return { access, client, nodeName, node, nodeConfigs };
}

const endless = { remaining: () => Number.MAX_SAFE_INTEGER };

interface ReadNode {
  readonly view: NodeView;
  /** Of the object: it grows with each change. */
  readonly version: number;
}

/** Of several API servers, the cache of one may be behind that of another: labels must not go to and fro by that. */
function isOlder({ view, version }: ReadNode, newest: ReadNode | undefined): boolean {
  return newest !== undefined && view.uid === newest.view.uid && version < newest.version;
}

/** @param query which state of it: that of the API server's cache, or, where it says nothing, what is stored */
async function readNode(client: KubeClient, name: string, query: Readonly<Record<string, string>>): Promise<ReadNode> {
  const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
  const { status, body } = await client.send({ method: 'GET', path, query, expect: [404] });
  if (status === 404) {
    throw new Failure(
      'config',
      `the cluster has no Node ${name}: expected nodeName to be the name of this Node's object`,
    );
  }
  const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
  const { uid } = metadata;
  // The labels decide about the bridge: what stands in front of the API server may have none.
  if (metadata['name'] !== name || typeof uid !== 'string')
    throw new Failure('unavailable', `the answer to GET ${path} is not one of an API server: try again later`);
  const { addresses } = isJsonObject(body['status']) ? body['status'] : {};
  const list = Array.isArray(addresses) ? addresses.filter(isJsonObject) : [];
  const view = {
    uid,
    labels: textsOf(metadata['labels']),
    internalIPs: list.filter(({ type }) => type === 'InternalIP').map(({ address }) => String(address)),
  };
  return { view, version: Number(metadata['resourceVersion']) };
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (typeof one === 'string' ? [[key, one]] : [])),
  );
}
