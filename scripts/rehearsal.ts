import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createFilePools } from '../src/ipam/file/pools.ts';
import type { Outside } from '../src/plugin/main.ts';
import { type Exec, exec } from '../src/system/exec.ts';
import { files } from '../src/system/files.ts';
import { temporary } from './paths.ts';

type Main = (outside: Outside) => Promise<number>;

/**
 * Runs the plugin through the calls that must be fast, so that V8 has compiled what they use: everything is real but
 * the programs that would change the machine. It does not test anything, but a call that fails would cache the wrong half.
 */
export async function rehearse(main: Main): Promise<void> {
  mkdirSync(temporary, { recursive: true });
  const dataDir = mkdtempSync(join(temporary, 'rehearsal-'));
  try {
    await makePools(dataDir);
    const nodeFile = join(dataDir, 'node.json');
    files.replace(nodeFile, JSON.stringify({ dataDir }));
    for (const command of ['VERSION', 'ADD', 'DEL']) {
      const code = await main(outside(command, nodeFile));
      if (code !== 0) throw new Error(`the rehearsal of ${command} failed`);
    }
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

async function makePools(dataDir: string): Promise<void> {
  const pools = createFilePools({ dataDir, now: () => new Date() });
  for (const [name, cidr, gateway, prefixLength] of [
    ['v4', '10.0.0.0/16', '10.0.0.1', 16],
    ['v6', 'fd00::/64', 'fd00::1', 64],
  ] as const) {
    const spec = { ipRanges: [{ cidr }], subnetInfo: { gateway, prefixLength } };
    const manifest = { apiVersion: 'crd.antrea.io/v1beta1', kind: 'IPPool', metadata: { name }, spec };
    await pools.applyPool(manifest, { force: false });
  }
}

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
