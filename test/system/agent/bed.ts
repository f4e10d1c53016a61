import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { must } from '../../fixture/command.ts';
import { startDaemon, type Daemon } from '../../fixture/daemon.ts';
import { addNetns, type Netns } from '../../fixture/netns.ts';
import { startOvs, type Ovs } from '../../fixture/ovs.ts';
import { createResources } from '../../fixture/resources.ts';
import { antreaCommand } from '../../fixture/program.ts';
import { repository } from '../../fixture/runtime.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';

/**
 * A Node with an Open vSwitch and physical interfaces, each a cable to one switch in another network namespace, where
 * `10.9.0.1`, `fd09::1` is everybody's gateway and the API server's address.
 */
export interface AgentBed {
  readonly node: Netns;
  readonly outside: Netns;
  readonly ovs: Ovs;
  readonly dir: string;
  readonly dataDir: string;
  readonly journal: () => { readonly phase: string } | undefined;
  /** Writes antrea-agent.conf; what is not said is as tests need it. */
  readonly configure: (secondaryNetwork: object, rest?: object) => void;
  /** What the API server has: AntreaNodeConfig objects, for every Node. */
  readonly serveNodeConfigs: (...bridges: readonly object[]) => void;
  /** Starts the agent. @param before words that the command follows: `strace …` */
  readonly startAgent: (before?: readonly string[]) => Agent;
  /** What /readyz says; undefined: nothing answers. */
  readonly readyz: () => Promise<string | undefined>;
  readonly ready: () => Promise<void>;
  /** Whether the Node answers from outside. */
  readonly pings: (address: string) => Promise<boolean>;
  readonly stop: () => Promise<void>;
}

export interface Agent extends Daemon {
  readonly output: () => string;
  /** SIGTERM, and waits for its end. */
  readonly end: () => Promise<void>;
}

export interface BedOptions {
  /** Whether there is an API server outside, at 10.9.0.1. */
  readonly cluster?: boolean;
}

const port = 10_351;
const nodeConfigs = 'antreanodeconfigs.json';
/** Nothing speaks TLS there: the agent only asks for connections until the Node is read. */
export const serverAddress = '10.9.0.1';

export async function startAgentBed(nics: readonly string[], options: BedOptions = {}): Promise<AgentBed> {
  const resources = createResources();
  try {
    const temp = await resources.use(makeTempDir('agent'));
    const outside = await resources.use(addNetns('out-'));
    const node = await resources.use(addNetns('node-'));
    const ovs = await resources.use(startOvs(node));
    await outside.exec('ip', 'link', 'add', 'sw', 'type', 'bridge');
    for (const nic of nics) await cable({ node, outside, nic });
    await outside.exec('ip', 'link', 'set', 'sw', 'up');
    await outside.exec('ip', 'address', 'add', '10.9.0.1/24', 'dev', 'sw');
    await outside.exec('ip', 'address', 'add', 'fd09::1/64', 'dev', 'sw', 'nodad');
    if (options.cluster === true) resources.defer(startServer(outside, temp.path));
    const config = join(temp.path, 'antrea-agent.conf');
    const dataDir = join(temp.path, 'data');
    const journalFile = join(dataDir, 'agent/move.json');
    const readyz = async () => {
      const url = `http://127.0.0.1:${port}/readyz`;
      const answer = await node.run(['curl', '-s', '--max-time', '20', url]);
      return answer.code === 0 ? answer.stdout.trim() : undefined;
    };
    const configure = (secondaryNetwork: object, rest: object = {}): void => {
      const featureGates = { AntreaIPAM: true, SecondaryNetwork: true };
      const agentSocket = join(temp.path, 'run/agent.sock');
      const own = { featureGates, ovsdb: ovs.socket, dataDir, agentSocket, nodeName: 'node-1' };
      const content = { ...own, ...rest, secondaryNetwork: { datapathType: 'netdev', ...secondaryNetwork } };
      replaceFile(config, content);
    };
    const startAgent = (before: readonly string[] = []): Agent => {
      const access = options.cluster === true ? ['--kubeconfig', join(temp.path, 'kubeconfig')] : ['--no-cluster'];
      return agentAt(
        { node, dir: temp.path, before, args: ['--config', config, ...access, '--listen', `127.0.0.1:${port}`] },
        resources.defer,
      );
    };
    return {
      node,
      outside,
      ovs,
      dir: temp.path,
      dataDir,
      configure,
      serveNodeConfigs: (...bridges) => {
        const items = bridges.map((bridge, at) => ({
          metadata: { name: `nc-${at}`, creationTimestamp: '2026-01-01T00:00:00Z' },
          spec: { nodeSelector: {}, secondaryNetwork: { ovsBridges: [bridge] } },
        }));
        replaceFile(join(temp.path, nodeConfigs), { items });
      },
      startAgent,
      readyz,
      journal: () => readJournal(journalFile),
      async ready() {
        await until(async () => (await readyz()) === 'ok', { what: 'a ready agent', everyMs: 100 });
      },
      pings: async (address) => (await outside.run(['ping', '-c1', '-W1', '-n', address])).code === 0,
      stop: resources.release,
    };
  } catch (error) {
    await resources.release();
    throw error;
  }
}

/** In one step: it may be read at any time. */
function replaceFile(path: string, content: object): void {
  writeFileSync(`${path}.next`, JSON.stringify(content));
  renameSync(`${path}.next`, path);
}

/** How the Node reaches the world by one interface, as a person would see it. */
export async function connectivity(bed: AgentBed, nic: string): Promise<object> {
  const [addresses, routes] = await Promise.all([bed.node.addresses(), bed.node.routes()]);
  const isStray = ({ ifname, scope }: (typeof addresses)[number]): boolean =>
    ifname === `${nic}~` && scope === 'global';
  return {
    addresses: addresses.filter(({ ifname, scope }) => ifname === nic && scope === 'global').map(({ cidr }) => cidr),
    stray: addresses.filter(isStray).map(({ cidr }) => cidr),
    defaults: routes
      .filter(({ dst, dev }) => dst === 'default' && dev === nic)
      .map(({ gateway, family }) => `${family}: ${gateway}`),
  };
}

/** Gives an interface what a Node has: two addresses, and default routes by 10.9.0.1 and fd09::1. */
export async function addressNode({ node }: AgentBed, nic: string): Promise<void> {
  await node.exec('ip', 'address', 'add', '10.9.0.5/24', 'broadcast', '10.9.0.255', 'dev', nic);
  await node.exec('ip', 'address', 'add', 'fd09::5/64', 'dev', nic, 'nodad');
  await node.exec('ip', 'route', 'add', 'default', 'via', '10.9.0.1', 'proto', 'static', 'metric', '100');
  await node.exec('ip', '-6', 'route', 'add', 'default', 'via', 'fd09::1', 'dev', nic, 'metric', '100');
}

export const addressed = {
  addresses: ['10.9.0.5/24', 'fd09::5/64'],
  stray: [],
  defaults: ['4: 10.9.0.1', '6: fd09::1'],
} as const;

export async function expectConnected(bed: AgentBed, nic: string): Promise<void> {
  expect(await connectivity(bed, nic)).toEqual(addressed);
  await until(() => bed.pings('10.9.0.5'), { what: 'an answer of 10.9.0.5' });
  await until(() => bed.pings('fd09::5'), { what: 'an answer of fd09::5' });
}

async function cable({
  node,
  outside,
  nic,
}: {
  readonly node: Netns;
  readonly outside: Netns;
  readonly nic: string;
}): Promise<void> {
  const end = `c${nic}`.slice(0, 15);
  await must([
    'ip',
    '-netns',
    node.name,
    'link',
    'add',
    nic,
    'type',
    'veth',
    'peer',
    'name',
    end,
    'netns',
    outside.name,
  ]);
  await node.exec('ip', 'link', 'set', nic, 'up');
  await outside.exec('ip', 'link', 'set', end, 'master', 'sw', 'up');
}

interface AgentPlace {
  readonly node: Netns;
  readonly dir: string;
  readonly before: readonly string[];
  readonly args: readonly string[];
}

function agentAt({ node, dir, before, args }: AgentPlace, defer: (undo: () => unknown) => void): Agent {
  const outputFile = join(dir, 'agent.log');
  const argv = [...before, ...antreaCommand(), 'agent', ...args];
  const daemon = startDaemon({ argv, prefix: node.prefix, outputFile });
  defer(daemon.kill);
  return {
    ...daemon,
    output: () => readFileSync(outputFile, 'utf8'),
    async end() {
      const pid = daemon.pid();
      if (pid !== undefined) process.kill(pid, 'SIGTERM');
      await until(() => !daemon.running(), { what: 'the end of the agent' });
    },
  };
}

/** A listener that takes connections, as much of an API server as a Node can be cut off from. */
function startServer(outside: Netns, dir: string): () => Promise<void> {
  const kubeconfig = {
    clusters: [{ name: 'a', cluster: { server: `http://${serverAddress}:6443` } }],
    users: [{ name: 'a', user: {} }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  };
  writeFileSync(join(dir, 'kubeconfig'), JSON.stringify(kubeconfig));
  const objects = join(dir, nodeConfigs);
  writeFileSync(objects, '{"items":[]}');
  const program = [join(repository, 'node_modules/.bin/node'), join(import.meta.dirname, 'api-server.ts'), objects];
  return startDaemon({ argv: program, prefix: outside.prefix, outputFile: join(dir, 'api.log') }).kill;
}

function readJournal(path: string): { readonly phase: string } | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null && 'phase' in value ? { phase: String(value.phase) } : undefined;
  } catch {
    return undefined;
  }
}
