import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Use } from '../src/config/node-file-path.ts';
import { createFilePools } from '../src/ipam/file/pools.ts';
import { files } from '../src/system/files.ts';
import type { JsonObject } from '../src/system/json-object.ts';
import { temporary } from './paths.ts';
import { startAgent } from './rehearsal/agent.ts';
import { startApiServer } from './rehearsal/api-server.ts';
import { outside } from './rehearsal/outside.ts';
import { startOvsdbServer } from './rehearsal/ovsdb-server.ts';

/** What is rehearsed: the chunk, whose functions the cache is made of, and not the modules that it was bundled from. */
type Plugin = Pick<typeof import('../src/plugin/main.ts'), 'main' | 'thisProcess'>;

/**
 * Runs the plugin through the calls that must be fast in one kind of use, so that V8 has compiled what they use: everything is real but
 * the programs that would change the machine. It does not test anything, but a call that fails would cache the wrong half.
 */
export async function rehearse(plugin: Plugin, use: Use): Promise<void> {
  mkdirSync(temporary, { recursive: true });
  const directory = mkdtempSync(join(temporary, 'rehearsal-'));
  const switches = await startOvsdbServer(directory);
  try {
    await rehearsals[use](plugin, { directory, ovsdb: switches.ovsdb });
  } finally {
    switches.close();
    rmSync(directory, { recursive: true });
  }
}

/** Which calls are rehearsed: see likelyUse() of src/config/node-file-path.ts. */
const rehearsals: Readonly<Record<Use, (plugin: Plugin, place: Place) => Promise<void>>> = {
  file: rehearseFileStore,
  cluster: rehearseCluster,
  agent: rehearseAgent,
  native: rehearseNative,
};

interface Place {
  readonly directory: string;
  readonly ovsdb: string;
}

async function rehearseFileStore(plugin: Plugin, { directory, ovsdb }: Place): Promise<void> {
  const dataDir = join(directory, 'file');
  const admin = createFilePools({ dataDir, now: () => new Date() });
  for (const manifest of pools.values()) await admin.applyPool(manifest, { force: false });
  await callAll(plugin, { settings: { dataDir, ovsdb } });
}

/** HTTPS is part of it: a stand-in answers. */
async function rehearseCluster(plugin: Plugin, place: Place): Promise<void> {
  await withCluster(place, (settings) => callAll(plugin, { settings }));
}

/** The API server is there, and not asked. */
async function rehearseAgent(plugin: Plugin, place: Place): Promise<void> {
  await withCluster(place, (settings) => withAgent(settings, (more) => callAll(plugin, { settings: more })));
}

async function rehearseNative(plugin: Plugin, place: Place): Promise<void> {
  const call = { config: secondary, ifname: 'eth0' };
  await withCluster(place, (settings) => withAgent(settings, (more) => callAll(plugin, { settings: more, ...call })));
}

async function withCluster({ directory, ovsdb }: Place, run: (settings: Settings) => Promise<void>): Promise<void> {
  const stored = Array.from(pools, ([name, pool]) => [`ippools/${name}`, pool] as const);
  const server = await startApiServer(directory, new Map<string, object>([...stored, ...podWithNetworks()]));
  const { kubeconfig } = server;
  try {
    await run({ dataDir: join(directory, 'cluster'), ovsdb, kubeconfig, nodeName: 'rehearsal' });
  } finally {
    server.close();
  }
}

async function withAgent(settings: Settings, run: (settings: Settings) => Promise<void>): Promise<void> {
  const agent = await startAgent(dirname(settings.dataDir), { pools, objects: podWithNetworks() });
  try {
    await run({ ...settings, agentSocket: agent.socket });
  } finally {
    agent.close();
  }
}

interface Settings {
  readonly dataDir: string;
  readonly [key: string]: string;
}

interface Call {
  readonly settings: Settings;
  readonly config?: object;
  readonly ifname?: string;
}

async function callAll(plugin: Plugin, { settings, config = network, ifname = 'eth1' }: Call): Promise<void> {
  const nodeFile = `${settings.dataDir}.json`;
  files.replace(nodeFile, JSON.stringify(settings));
  const call = async (command: string, stdin: object): Promise<string> => {
    const said: string[] = [];
    const own = plugin.thisProcess();
    const code = await plugin.main(outside({ own, said }, { command, nodeFile, config: stdin, ifname }));
    if (code !== 0) throw new Error(`the rehearsal of ${command} failed: ${said.join('')}`);
    return said.join('');
  };
  await call('VERSION', config);
  const prevResult: unknown = JSON.parse(await call('ADD', config));
  await call('DEL', { ...config, prevResult });
}

const pools: ReadonlyMap<string, JsonObject> = new Map(
  (
    [
      ['v4', '10.0.0.0/16', '10.0.0.1', 16],
      ['v6', 'fd00::/64', 'fd00::1', 64],
    ] as const
  ).map(([name, cidr, gateway, prefixLength]) => {
    const spec = { ipRanges: [{ cidr }], subnetInfo: { gateway, prefixLength } };
    return [name, { apiVersion: 'crd.antrea.io/v1beta1', kind: 'IPPool', metadata: { name }, spec }];
  }),
);

const network = {
  cniVersion: '1.1.0',
  name: 'rehearsal',
  type: 'antrea',
  networkType: 'vlan',
  vlan: 100,
  ipam: { type: 'antrea', ippools: ['v4', 'v6'], routes: [{ dst: '192.168.0.0/16' }] },
};

/** After the plugin of the Pod network, in the same list. */
const secondary = {
  cniVersion: '1.1.0',
  name: 'rehearsal',
  type: 'antrea',
  networkType: 'secondary',
  prevResult: {
    cniVersion: '1.1.0',
    interfaces: [{ name: 'eth0', sandbox: '/proc/self/ns/net' }],
    ips: [{ address: '10.1.0.2/24', interface: 0 }],
  },
};

/** By what follows the version in their paths. */
function podWithNetworks(): ReadonlyMap<string, object> {
  const networks = ['blue', 'green'];
  const annotations = { 'k8s.v1.cni.cncf.io/networks': networks.join(', ') };
  const pod = { metadata: { name: 'rehearsal', namespace: 'default', annotations } };
  const definitions = networks.map((name) => {
    const metadata = { name, namespace: 'default' };
    return [
      `namespaces/default/network-attachment-definitions/${name}`,
      { metadata, spec: { config: JSON.stringify({ ...network, name }) } },
    ] as const;
  });
  const path = 'namespaces/default/pods/rehearsal';
  return new Map<string, object>([[path, pod], [`${path}/status`, pod], ...definitions]);
}
