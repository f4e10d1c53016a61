import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../src/plugin/main.ts';
import { files } from '../../src/system/files.ts';
import { isObject, parseJson, type JsonObject } from '../fixture/json.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

export interface Call {
  readonly command: string;
  readonly containerID?: string;
  /** Keys of the configuration beside the usual ones. */
  readonly config?: JsonObject;
}

export interface Answer {
  readonly exit: number;
  /** What was printed: a result, or an error. */
  readonly printed: JsonObject;
}

/** A Node whose store is in a cluster; the plugin is another one's IPAM, and runs in this process. */
export interface ClusterNode {
  readonly call: (call: Call) => Promise<Answer>;
  /** Names in a folder of the data folder. */
  readonly list: (folder: string) => readonly string[];
  /** Makes what was written there look so much older. */
  readonly age: (folder: string, milliseconds: number) => void;
  readonly stop: () => Promise<void>;
}

export interface ClusterNodeOptions {
  readonly server: string;
  readonly nodeName?: string;
  readonly timeoutSeconds?: number;
}

export async function startClusterNode(options: ClusterNodeOptions): Promise<ClusterNode> {
  const { server, nodeName = 'node-1', timeoutSeconds = 5 } = options;
  const resources = createResources();
  const { path } = await resources.use(makeTempDir('cluster-node'));
  const [kubeconfig, nodeFile, dataDir] = [join(path, 'kubeconfig'), join(path, 'node.json'), join(path, 'data')];
  writeFileSync(kubeconfig, JSON.stringify(contextOf(server)));
  writeFileSync(nodeFile, JSON.stringify({ kubeconfig, nodeName, dataDir, timeoutSeconds, logLevel: 'error' }));
  const list = (folder: string): readonly string[] => files.list(join(dataDir, folder));
  return {
    call: (call) => run(call, nodeFile),
    list,
    age: (folder, milliseconds) => {
      for (const name of readdirSync(join(dataDir, folder))) age(join(dataDir, folder, name), milliseconds);
    },
    stop: resources.release,
  };
}

function contextOf(server: string): object {
  return {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'c', user: { token: 't' } }],
  };
}

function age(file: string, milliseconds: number): void {
  const record = parseJson(readFileSync(file, 'utf8'));
  if (!isObject(record)) throw new Error(`${file} is no record`);
  writeFileSync(file, JSON.stringify({ ...record, since: Number(record['since']) - milliseconds }));
}

async function run({ command, containerID = 'c1', config }: Call, nodeFile: string): Promise<Answer> {
  let stdout = '';
  const sandbox = {
    CNI_CONTAINERID: containerID,
    CNI_NETNS: '/run/netns/x',
    CNI_IFNAME: 'net1',
    CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;K8S_POD_UID=u-1',
  };
  const exit = await main({
    env: { ANTREA_NODE_CONFIG: nodeFile, CNI_COMMAND: command, CNI_PATH: '/x', ...(command !== 'GC' && sandbox) },
    argv0: 'antrea',
    files,
    exec: () => ({ code: 0, stdout: '', stderr: '', timedOut: false }),
    start: () => {
      throw new Error('an IPAM plugin starts no program');
    },
    readStdin: () => Buffer.from(JSON.stringify({ ...usual, ...config })),
    writeStdout: (text) => {
      stdout += text;
    },
    writeStderr: () => undefined,
    isOwnNetns: () => false,
  });
  const printed = parseJson(stdout);
  return { exit, printed: isObject(printed) ? printed : {} };
}

const usual = {
  cniVersion: '1.1.0',
  name: 'macs',
  type: 'macvlan',
  ipam: { type: 'antrea', ippools: ['a'] },
};
