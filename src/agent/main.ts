import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import type { ClusterAccess } from '../kube/kubeconfig.ts';
import { files } from '../system/files.ts';
import { serveHttp, type Listen } from '../system/http.ts';
import type { Log } from '../system/log.ts';
import { startBridge } from './bridge/service.ts';
import type { BridgeState } from './bridge/state.ts';
import { followCluster } from './cluster.ts';
import { followFile } from './config/follow.ts';
import type { Context } from './context.ts';
import { createFollowed } from './followed.ts';
import { createMetrics } from './metrics.ts';
import { followOvs } from './ovs/follow.ts';
import { services } from './services.ts';
import { stopAll, type NamedService } from './stop.ts';

export interface AgentOptions {
  /** Path of antrea-agent.conf. */
  readonly config: string;
  /** undefined: there is no cluster. */
  readonly access: ClusterAccess | undefined;
  /** `$NODE_NAME`; the file's nodeName goes before it. */
  readonly nodeName: string | undefined;
  readonly listen: Listen;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Keeps the secondary network of this Node, until the signal; then it gives back what must not outlive it.
 * @throws Failure when the configuration is refused, it cannot listen, or a service cannot work at all
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { listen, log, signal } = options;
  const registry = new Registry();
  const running: NamedService[] = [];
  let context: Learned | undefined;
  // First of all: whoever cannot have the port has not begun anything, and ends.
  const server = await serveHttp({
    listen,
    notReady: () => (signal.aborted ? 'the agent is ending' : (context?.settings.complaint() ?? notReady(running))),
    metrics: { text: () => registry.metrics(), contentType: registry.contentType },
  });
  // Aborted when the services have stopped: they need what the cluster says until then.
  const ending = new AbortController();
  try {
    context = learn(options, { registry, signal: ending.signal });
    await startAll(context, running);
    await aborted(signal);
  } finally {
    await stopAll(running, log);
    ending.abort();
    context?.cluster?.client.close();
    server.close();
    server.closeAllConnections();
  }
}

type Learned = Omit<Context, 'bridge'>;

function learn(
  { config, access, nodeName: named, log }: AgentOptions,
  { registry, signal }: { readonly registry: Registry; readonly signal: AbortSignal },
): Learned {
  const metrics = createMetrics(registry);
  const settings = followFile({ path: config, files, log, count: metrics.configRead, signal });
  const nodeName = settings.get().nodeName ?? named ?? hostname().toLowerCase();
  const wantsNodeConfigs = (): boolean => {
    const { gates, bridge } = settings.get();
    return gates.SecondaryNetwork && gates.AntreaNodeConfig && bridge === undefined;
  };
  const cluster = access && followCluster({ access, nodeName, wantsNodeConfigs, metrics, log, signal });
  const ovs = followOvs({ database: settings.get().ovsdb, log, signal });
  return { settings, nodeName, cluster, ovs, metrics, registry, files, log };
}

async function startAll(learned: Learned, running: NamedService[]): Promise<void> {
  const state = createFollowed<BridgeState>({ phase: 'failed', reason: 'the bridge has not been looked at yet' });
  running.push({ name: 'bridge', ...startBridge(learned, state) });
  const context = { ...learned, bridge: state };
  for (const { name, start } of services) running.push({ name, ...(await start(context)) });
}

function notReady(running: readonly NamedService[]): string | undefined {
  if (running.length <= services.length) return 'not all services have been started';
  const missing = running.flatMap((one) => {
    const reason = one.notReady();
    return reason === undefined ? [] : [`${one.name}: ${reason}`];
  });
  return missing.length === 0 ? undefined : missing.join('\n');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
