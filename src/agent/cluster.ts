import { isJsonObject, type JsonObject } from '../config/json.ts';
import { createClient, type KubeClient } from '../kube/client.ts';
import type { ClusterAccess } from '../kube/kubeconfig.ts';
import { Failure, messageOf } from '../system/failure.ts';
import type { Log } from '../system/log.ts';
import { createFollowed, type Followed } from './followed.ts';
import { repeat } from './repeat.ts';

/** What the agent knows of its cluster. */
export interface Cluster {
  readonly access: ClusterAccess;
  readonly client: KubeClient;
  readonly nodeName: string;
  /** undefined until it has been read once; what was read last stays while the API server is away. */
  readonly node: Followed<NodeView | undefined>;
  /** AntreaNodeConfig objects; undefined until they have been read once. */
  readonly nodeConfigs: Followed<readonly JsonObject[] | undefined>;
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
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks, by default 10 s. Both reads are answered from the API server's cache. */
  readonly interval?: number;
}

export const nodeConfigsPath = '/apis/crd.antrea.io/v1alpha1/antreanodeconfigs';

/** Looks again and again, for as long as the signal lasts. */
export function followCluster(options: FollowClusterOptions): Cluster {
  const { access, nodeName, log, signal, interval = 10_000 } = options;
  const client = createClient({ access, deadline: endless });
  const node = createFollowed<NodeView | undefined>(undefined);
  const nodeConfigs = createFollowed<readonly JsonObject[] | undefined>(undefined);
  const look = (what: string, act: () => Promise<void>): void =>
    void repeat(act, { interval: interval * (0.8 + 0.4 * Math.random()), signal, log, what });
  look('read this Node', async () => node.set(await readNode(client, nodeName)));
  look('read the AntreaNodeConfig objects', async () => {
    if (options.wantsNodeConfigs()) nodeConfigs.set(await readNodeConfigs(client));
  });
  return { access, client, nodeName, node, nodeConfigs };
}

const endless = { remaining: () => Number.MAX_SAFE_INTEGER };

async function readNode(client: KubeClient, name: string): Promise<NodeView> {
  const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
  const { status, body } = await client.send({ method: 'GET', path, query: cached, expect: [404] });
  if (status === 404) {
    throw new Failure(
      'config',
      `the cluster has no Node ${name}: expected nodeName to be the name of this Node's object`,
    );
  }
  const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
  const { addresses } = isJsonObject(body['status']) ? body['status'] : {};
  const list = Array.isArray(addresses) ? addresses.filter(isJsonObject) : [];
  return {
    uid: String(metadata['uid']),
    labels: textsOf(metadata['labels']),
    internalIPs: list.filter(({ type }) => type === 'InternalIP').map(({ address }) => String(address)),
  };
}

async function readNodeConfigs(client: KubeClient): Promise<readonly JsonObject[]> {
  try {
    const { body } = await client.send({ method: 'GET', path: nodeConfigsPath, query: cached });
    const { items } = body;
    return Array.isArray(items) ? items.filter(isJsonObject).map(essence) : [];
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.kind !== 'not-found') throw cause;
    throw new Failure(
      'config',
      `the cluster has no kind AntreaNodeConfig: expected deploy/crds.yaml to be applied, or featureGates.AntreaNodeConfig to be false`,
      { cause: messageOf(cause) },
    );
  }
}

const cached = { resourceVersion: '0' };

/** What is compared from one time to the next. */
function essence({ metadata, spec }: JsonObject): JsonObject {
  const { name, creationTimestamp } = isJsonObject(metadata) ? metadata : {};
  return { metadata: { name, creationTimestamp }, spec };
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (typeof one === 'string' ? [[key, one]] : [])),
  );
}
