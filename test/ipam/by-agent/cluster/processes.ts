import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../../cluster/cluster.ts';
import { makeRoleToken } from '../../../cluster/objects.ts';
import { freePort } from '../../../cluster/ports.ts';
import { hostAddress } from '../../../cluster/reach.ts';
import { run } from '../../../fixture/command.ts';
import { startDaemon, type Daemon } from '../../../fixture/daemon.ts';
import type { JsonObject } from '../../../fixture/json.ts';
import type { Netns } from '../../../fixture/netns.ts';
import type { Outcome } from '../../../fixture/outcome.ts';
import { createResources } from '../../../fixture/resources.ts';
import { antreaExecutable, createRuntime } from '../../../fixture/runtime.ts';
import { makeTempDir } from '../../../fixture/unique.ts';
import { until } from '../../../fixture/until.ts';
import { agentAsks } from './hello.ts';
import { pluginCredentials } from '../../kubernetes/cluster/cluster-store.ts';

/** `antrea agent` as it runs on a Node, without a bridge to keep. */
export interface AgentProcess {
  readonly socket: string;
  readonly daemon: Daemon;
  /** Writes antrea-agent.conf anew, with these keys instead. */
  readonly configure: (keys: JsonObject) => void;
  /** Until it serves, and knows the pools. */
  readonly ready: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface AgentProcessOptions {
  /** Of the plugin; it may be written later. */
  readonly nodeFile?: string | undefined;
  /** The network namespace to run in, which has been admitted to the cluster. Default: this one. */
  readonly netns?: Pick<Netns, 'prefix'>;
}

export async function startAgentProcess(
  cluster: Cluster,
  node: string,
  { nodeFile, netns }: AgentProcessOptions = {},
): Promise<AgentProcess> {
  const resources = createResources();
  const { path: dir } = await resources.use(makeTempDir('agent'));
  await pluginCredentials(cluster, node);
  const reach = netns === undefined ? {} : { server: `https://${hostAddress}:${cluster.port}` };
  const kubeconfig = cluster.kubeconfig({ token: await makeRoleToken(cluster.admin, 'agent', node) }, reach);
  const socket = join(dir, 'run', 'agent.sock');
  const config = join(dir, 'antrea-agent.conf');
  const keys = { agentSocket: socket, nodeName: node, dataDir: join(dir, 'data'), ovsdb: `unix:${dir}/none` };
  const configure = (others: JsonObject): void =>
    writeFileSync(config, JSON.stringify({ featureGates: { AntreaIPAM: true }, ...keys, ...others }));
  configure({});
  const listen = `127.0.0.1:${await freePort()}`;
  const argv = [antreaExecutable(), 'agent', '--config', config, '--kubeconfig', kubeconfig, '--listen', listen];
  const env = { ANTREA_NODE_CONFIG: nodeFile ?? join(dir, 'none') };
  const outputFile = join(dir, 'agent.out');
  const daemon = startDaemon({ argv, prefix: netns?.prefix ?? [], env, outputFile });
  resources.defer(daemon.kill);
  const ready = async (): Promise<void> => {
    await until(() => agentAsks(socket), { what: 'an agent that serves', everyMs: 20 }).catch((cause: unknown) => {
      throw new Error(readFileSync(outputFile, 'utf8'), { cause });
    });
  };
  await ready();
  return { socket, daemon, configure, ready, stop: resources.release };
}

/** A Node's plugin, for the addresses of another one's interfaces: real processes, without links and ports. */
export interface PluginNode {
  readonly add: (containerId: string) => Promise<Outcome>;
  readonly del: (containerId: string) => Promise<Outcome>;
  /** ADD with more in `ipam`. */
  readonly addWith: (containerId: string, ipam: JsonObject) => Promise<Outcome>;
  /** ADD that is killed after so many milliseconds, unless it has ended. */
  readonly addKilled: (containerId: string, milliseconds: number) => Promise<void>;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export async function addPluginNode(
  cluster: Cluster,
  { node, socket, pools }: { readonly node: string; readonly socket: string; readonly pools: readonly string[] },
): Promise<PluginNode> {
  const dir = makeTempDir('plugin');
  const kubeconfig = cluster.kubeconfig(await pluginCredentials(cluster, node));
  const [nodeFile, logFile] = [join(dir.path, 'node.json'), join(dir.path, 'log')];
  const keys = { kubeconfig, nodeName: node, agentSocket: socket, dataDir: join(dir.path, 'data'), logFile };
  writeFileSync(nodeFile, JSON.stringify(keys));
  writeFileSync(logFile, '');
  const runtime = createRuntime({ env: { ANTREA_NODE_CONFIG: nodeFile } });
  const plain = { cniVersion: '1.0.0', name: 'macs', type: 'macvlan' };
  const attachment = (containerId: string, more: JsonObject = {}) => {
    const config = { ...plain, ipam: { type: 'antrea', ippools: pools, ...more } };
    return { config, containerId, netns: '/run/netns/none', ifname: 'net1' };
  };
  return {
    add: (containerId) => runtime.add(attachment(containerId)),
    del: (containerId) => runtime.del(attachment(containerId)),
    addWith: (containerId, ipam) => runtime.add(attachment(containerId, ipam)),
    addKilled: async (containerId, milliseconds) => {
      const { argv, ...options } = runtime.invocation('ADD', attachment(containerId));
      await run(['timeout', '--signal=KILL', String(milliseconds / 1000), ...argv], options);
    },
    log: () => readFileSync(logFile, 'utf8'),
    stop: dir.remove,
  };
}
