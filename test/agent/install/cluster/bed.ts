import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepted } from '../../../cluster/api.ts';
import type { Cluster } from '../../../cluster/cluster.ts';
import { startDeployedCluster } from '../../../cluster/deployed.ts';
import { makeNode, makeRoleToken } from '../../../cluster/objects.ts';
import { run, type Output } from '../../../fixture/command.ts';
import { parseJson } from '../../../fixture/json.ts';
import { antreaCommand } from '../../../fixture/program.ts';
import { makeTempDir, uniqueName } from '../../../fixture/unique.ts';

/** A Node of a real cluster: its object, and folders that stand for those of a machine. */
export interface Machine {
  readonly node: string;
  readonly dir: string;
  readonly bin: string;
  readonly confDir: string;
  readonly nodeFile: string;
  /** Of the agent's ServiceAccount. */
  readonly kubeconfig: string;
  /** Runs `antrea install` with the agent's ServiceAccount, on this machine. */
  readonly install: (...words: readonly string[]) => Promise<Output>;
  readonly command: (...words: readonly string[]) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** `antrea install --watch` */
  readonly watch: (...words: readonly string[]) => Watch;
  readonly path: (name: string) => string;
  /** Of a file below its folder. */
  readonly text: (name: string) => string;
  readonly json: (name: string) => unknown;
  /** Every file, as `bin/antrea`. */
  readonly files: () => readonly string[];
  readonly remove: () => Promise<void>;
}

export interface Watch {
  readonly logged: () => string;
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

export async function startInstallCluster(): Promise<Cluster> {
  const cluster = await startDeployedCluster();
  return cluster;
}

/** What stands for our plugin: it is ready. */
export const standIn = '#!/bin/sh\n';

export async function addMachine(cluster: Cluster, plugin = standIn): Promise<Machine> {
  const { admin } = cluster;
  const node = uniqueName('node-');
  await makeNode(admin, node);
  const temp = makeTempDir('install');
  const path = (name: string): string => join(temp.path, name);
  mkdirSync(path('net.d'));
  writeFileSync(path('plugin'), plugin);
  chmodSync(path('plugin'), 0o755);
  writeFileSync(path('net.d/10-primary.conflist'), JSON.stringify(primary));
  const kubeconfig = cluster.kubeconfig({ token: await makeRoleToken(admin, 'agent', node) });
  const env = { ANTREA_NODE_CONFIG: path('net.d/antrea.d/node.json') };
  const command = (...words: readonly string[]): readonly string[] => [
    ...antreaCommand(),
    'install',
    `--cni-bin-dir=${path('bin')}`,
    `--cni-conf-dir=${path('net.d')}`,
    `--kubeconfig=${kubeconfig}`,
    `--node-name=${node}`,
    `--executable=${path('plugin')}`,
    ...words,
  ];
  return {
    node,
    dir: temp.path,
    bin: path('bin'),
    confDir: path('net.d'),
    nodeFile: env.ANTREA_NODE_CONFIG,
    kubeconfig,
    command,
    env,
    install: async (...words) => run(command(...words), { env }),
    watch: (...words) => startWatch(command('--watch', ...words), env),
    path,
    text: (name) => readFileSync(path(name), 'utf8'),
    json: (name) => parseJson(readFileSync(path(name), 'utf8')),
    files: () =>
      filesBelow(temp.path)
        .filter((name) => name !== 'plugin')
        .toSorted(),
    remove: temp.remove,
  };
}

export const primary = { cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'bridge' }] };

function startWatch([file = '', ...args]: readonly string[], env: Machine['env']): Watch {
  const child: ChildProcess = spawn('setpriv', ['--pdeathsig', 'KILL', file, ...args], {
    env: { ...process.env, ...env },
  });
  let output = '';
  const listen = (part: Buffer): void => {
    output += part.toString();
  };
  child.stdout?.on('data', listen);
  child.stderr?.on('data', listen);
  const ended = once(child, 'exit');
  return {
    logged: () => output,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1));
}

export async function removeNode(cluster: Cluster, name: string): Promise<void> {
  accepted(await cluster.admin.remove(`/api/v1/nodes/${name}`));
}
