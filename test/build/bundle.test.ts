import { isBuiltin } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundles, bundle } from '../../scripts/bundle.ts';
import { type Import, readImports } from './imports.ts';

/**
 * A little above what it is today. Raise it only with the start-up measured (docs/adr/0002-bundle.md). What attaches
 * the networks of Pods without Multus is in there, and compiled when it is called only.
 */
const hotBytes = 400_000;

const coldPackages = [
  'ajv',
  'commander',
  'pino',
  'execa',
  'yaml',
  'ip-address',
  '@kubernetes/client-node',
  '@grpc/grpc-js',
  'protobufjs',
];

/** Which folders of src/ a folder may import from, itself and what is below all, `system` and `config`, aside. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  system: [],
  'agent-protocol': [],
  cni: [],
  multinet: [],
  ipam: ['agent-protocol'],
  kube: ['agent-protocol'],
  net: [],
  config: [],
  plugin: ['agent-protocol', 'cni', 'multinet', 'net', 'ipam'],
  agent: ['agent-protocol', 'cni', 'net', 'ipam', 'kube', 'multinet'],
  controller: ['ipam', 'kube'],
  cli: ['agent', 'agent-protocol', 'controller', 'plugin', 'cni', 'multinet', 'net', 'ipam', 'kube'],
};

/** Drivers of the store: all else of src/ipam/ is pure. */
const effects = /^src\/ipam\/(?:file|kubernetes)\//;

let bundles: Bundles;
const imports = readImports().filter(({ from }) => from.startsWith('src/'));

beforeAll(async () => {
  bundles = await bundle({ write: false });
});

describe('the chunk that a container runtime starts', () => {
  it.each(coldPackages)('does not contain %s', (name) => {
    expect(inputs().filter((path) => path.includes(`node_modules/${name}/`))).toEqual([]);
  });

  it('contains no package at all', () => {
    expect(inputs().filter((path) => path.includes('node_modules/'))).toEqual([]);
  });

  it('contains nothing of the command line, the agent or the controller', () => {
    expect(inputs().filter((path) => /^src\/(?:cli|agent|controller)\//.test(path))).toEqual([]);
  });

  it(`is smaller than ${hotBytes} bytes`, () => {
    expect(Object.values(bundles.hot.outputs).reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(hotBytes);
  });

  it('loads no builtin module at its start but node:fs', () => {
    const builtins = imports.filter(({ from, to, typeOnly }) => !typeOnly && isBuiltin(to) && inputs().includes(from));
    expect(builtins.filter(({ to }) => to !== 'node:fs')).toEqual([]);
  });
});

describe('the chunk that a person starts', () => {
  it('asks for nothing that is neither in it nor in Node', () => {
    const external = Object.values(bundles.cold.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    expect(external.filter((path) => !isBuiltin(path))).toEqual([]);
  });
});

describe('imports point one way', () => {
  it.each(Object.entries(allowed))('src/%s imports nothing from a folder above it', (folder, others) => {
    const reachable = new Set([folder, 'system', ...(folder === 'system' ? [] : ['config']), ...others]);
    const wrong = imports.filter(({ from, to }) => folderOf(from) === folder && !reachable.has(folderOf(to) ?? folder));
    expect(wrong.filter((edge) => !joinsAnotherAndKube(edge))).toEqual([]);
  });

  it('knows every folder of src', () => {
    const folders = new Set(imports.map(({ from }) => folderOf(from)).filter((folder) => folder !== undefined));
    expect([...folders].filter((folder) => !(folder in allowed))).toEqual([]);
  });

  it.each(['src/multinet/', 'src/ipam/'])('%s is pure: it imports no module of Node', (directory) => {
    const pure = imports.filter(({ from }) => from.startsWith(directory) && !effects.test(from));
    expect(pure.filter(({ to, typeOnly }) => !typeOnly && isBuiltin(to))).toEqual([]);
  });
});

function inputs(): string[] {
  return Object.keys(bundles.hot.inputs);
}

/** `src/cni/args.ts` → `cni`; undefined for a file of src itself, a package, or a generated file. */
function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** The kubernetes driver of the store knows both; so does what reads Pods and their networks for the plugin. */
function joinsAnotherAndKube({ from, to }: Import): boolean {
  const joints = ['src/ipam/kubernetes/', 'src/plugin/native/'];
  return joints.some((folder) => from.startsWith(folder)) && folderOf(to) === 'kube';
}
