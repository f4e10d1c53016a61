import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createFilePools } from '../src/ipam/file/pools.ts';
import type { Outside } from '../src/plugin/main.ts';
import { type Exec, exec } from '../src/system/exec.ts';
import { files } from '../src/system/files.ts';
import type { JsonObject } from '../src/system/json-object.ts';
import { temporary } from './paths.ts';
import { startApiServer } from './rehearsal/api-server.ts';
import { startOvsdbServer } from './rehearsal/ovsdb-server.ts';

type Main = (outside: Outside) => Promise<number>;

/**
 * Runs the plugin through the calls that must be fast with one store, so that V8 has compiled what they use: everything is real but
 * the programs that would change the machine. It does not test anything, but a call that fails would cache the wrong half.
 */
export async function rehearse(main: Main, store: Store): Promise<void> {
  mkdirSync(temporary, { recursive: true });
  const directory = mkdtempSync(join(temporary, 'rehearsal-'));
  const switches = await startOvsdbServer(directory);
  try {
    await rehearsals[store](main, { directory, ovsdb: switches.ovsdb });
  } finally {
    switches.close();
    rmSync(directory, { recursive: true });
  }
}

export type Store = 'file' | 'cluster';

const rehearsals = { file: rehearseFileStore, cluster: rehearseCluster };

interface Place {
  readonly directory: string;
  readonly ovsdb: string;
}

async function rehearseFileStore(main: Main, { directory, ovsdb }: Place): Promise<void> {
  const dataDir = join(directory, 'file');
  const admin = createFilePools({ dataDir, now: () => new Date() });
  for (const manifest of pools.values()) await admin.applyPool(manifest, { force: false });
  await callAll(main, { dataDir, ovsdb });
}

/** HTTPS is part of it: a stand-in answers. */
async function rehearseCluster(main: Main, { directory, ovsdb }: Place): Promise<void> {
  const server = await startApiServer(directory, pools);
  try {
    await callAll(main, {
      dataDir: join(directory, 'cluster'),
      ovsdb,
      kubeconfig: server.kubeconfig,
      nodeName: 'rehearsal',
    });
  } finally {
    server.close();
  }
}

async function callAll(
  main: Main,
  settings: { readonly dataDir: string; readonly [key: string]: string },
): Promise<void> {
  const nodeFile = `${settings.dataDir}.json`;
  files.replace(nodeFile, JSON.stringify(settings));
  for (const command of ['VERSION', 'ADD', 'DEL']) {
    const code = await main(outside(command, nodeFile));
    if (code !== 0) throw new Error(`the rehearsal of ${command} failed`);
  }
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

function outside(command: string, nodeFile: string): Outside {
  return {
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: 'rehearsal',
      CNI_NETNS: '/proc/self/ns/net',
      CNI_IFNAME: 'eth1',
      CNI_PATH: '/opt/cni/bin',
      CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=rehearsal',
      ANTREA_NODE_CONFIG: nodeFile,
    },
    argv0: 'antrea',
    readStdin: () => Buffer.from(JSON.stringify(network)),
    writeStdout: () => {},
    writeStderr: () => {},
    isOwnNetns: () => false,
    exec: succeed,
    files,
  };
}

/** `true` in place of the program: starting a process is part of what is rehearsed. */
const succeed: Exec = (_command, _args, options) => exec('true', [], options);
