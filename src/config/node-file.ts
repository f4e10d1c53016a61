import { validateNodeFile } from '../../build/generated/node-file.js';
import { defaultDataDir } from './node-folders.ts';
import { parseJsonObject } from './json.ts';
import { Failure, messageOf, systemCode } from '../system/failure.ts';
import type { Files } from '../system/files.ts';
import { nodeFilePath } from './node-file-path.ts';
import { validate, type Schema } from './validate.ts';
import { parseVlans, type VlanSet } from './vlans.ts';

/** What the Node's administrator decides; schemas/node-file.schema.json describes each key. */
export interface NodeSettings {
  readonly bridge: string;
  readonly bridges: readonly string[];
  /** undefined: every VLAN. */
  readonly allowedVLANs: VlanSet | undefined;
  readonly allowedTrunks: VlanSet | undefined;
  readonly allowPaths: boolean;
  /** Plugins besides our own that a Pod's networks may have run. */
  readonly allowedPlugins: readonly string[];
  readonly ovsdb: string;
  readonly ovsDriver: OvsDriverName;
  readonly store: StoreSettings;
  readonly dataDir: string;
  readonly nodeName: string;
  readonly mtu: number;
  readonly timeoutSeconds: number;
  readonly logFile: string | undefined;
  readonly logLevel: LogLevel;
}

/** Where pools and allocations live; once it is the cluster, nothing falls back to files. */
export type StoreSettings =
  | { readonly kind: 'file' }
  | {
      readonly kind: 'kubernetes';
      /** A path. */
      readonly kubeconfig: string;
      /** Path of the agent's socket; undefined: this Node has none. */
      readonly agentSocket: string | undefined;
    };

/** How Open vSwitch is told: by the protocol of its database, or by its command. */
export type OvsDriverName = 'ovsdb' | 'ovs-vsctl';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface NodeFile {
  readonly bridge?: string;
  readonly bridges?: readonly string[];
  readonly allowedVLANs?: readonly string[];
  readonly allowedTrunks?: readonly string[];
  readonly allowPaths?: boolean;
  readonly allowedPlugins?: readonly string[];
  readonly ovsdb?: string;
  readonly ovsDriver?: OvsDriverName;
  readonly store?: 'file' | 'kubernetes';
  readonly kubeconfig?: string;
  readonly agentSocket?: string;
  readonly dataDir?: string;
  readonly nodeName?: string;
  readonly mtu?: number;
  readonly timeoutSeconds?: number;
  readonly logFile?: string;
  readonly logLevel?: LogLevel;
}

const defaults = {
  bridge: 'br-secondary',
  bridges: [],
  allowPaths: false,
  allowedPlugins: ['bridge', 'macvlan', 'ipvlan', 'host-device', 'static', 'host-local', 'dhcp'],
  ovsdb: 'unix:/var/run/openvswitch/db.sock',
  ovsDriver: 'ovsdb',
  dataDir: defaultDataDir,
  nodeName: '',
  mtu: 1500,
  timeoutSeconds: 60,
} as const satisfies NodeFile;

const nodeFile: Schema<NodeFile> = {
  validator: validateNodeFile,
  matches: (data): data is NodeFile => validateNodeFile(data),
};

/**
 * Reads the Node file. The default one may be missing; one that is named must be there.
 * @param named the value of ANTREA_NODE_CONFIG
 * @throws Failure `config`, `unsupported` or `decode`
 */
export function readNodeFile(files: Pick<Files, 'read'>, named: string | undefined): NodeSettings {
  const path = nodeFilePath(named);
  const bytes = readBytes(files, path, path !== named);
  const what = `Node file ${path}`;
  const content = bytes === undefined ? {} : validate(nodeFile, parseJsonObject(bytes, what), what);
  return withDefaults(content, what);
}

function readBytes(files: Pick<Files, 'read'>, path: string, optional: boolean): Buffer | undefined {
  try {
    return files.read(path);
  } catch (cause) {
    if (optional && systemCode(cause) === 'ENOENT') return undefined;
    throw new Failure('config', `the Node file ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function withDefaults(file: NodeFile, what: string): NodeSettings {
  const allowedVLANs = parseVlans(file.allowedVLANs, `${what}: allowedVLANs`);
  const { bridge, bridges, allowPaths, allowedPlugins, ovsdb, ovsDriver, ...rest } = { ...defaults, ...file };
  const { dataDir, nodeName, mtu, timeoutSeconds } = rest;
  return {
    bridge,
    bridges,
    allowedVLANs,
    allowedTrunks: parseVlans(file.allowedTrunks, `${what}: allowedTrunks`) ?? allowedVLANs,
    allowPaths,
    allowedPlugins,
    ovsdb,
    ovsDriver,
    store: storeOf(file, what),
    dataDir,
    nodeName,
    mtu,
    timeoutSeconds,
    logFile: file.logFile,
    // The runtime passes stderr on: only what needs attention goes there.
    logLevel: file.logLevel ?? (file.logFile === undefined ? 'warn' : 'info'),
  };
}

/** A kubeconfig alone says enough. An allocation that names no Node could never be told from another Node's. */
function storeOf({ store, kubeconfig, nodeName, agentSocket }: NodeFile, what: string): StoreSettings {
  if (kubeconfig === undefined) {
    if (agentSocket !== undefined) {
      throw new Failure(
        'config',
        `${what}: agentSocket is given, and kubeconfig is not: expected a kubeconfig, for when the agent does not answer`,
      );
    }
    if (store !== 'kubernetes') return { kind: 'file' };
    throw new Failure('config', `${what}: kubeconfig is missing: the kubernetes store needs it`);
  }
  if (store === 'file') {
    throw new Failure('config', `${what}: kubeconfig is given, and store is "file": expected one of both, not both`);
  }
  if (nodeName !== undefined) return { kind: 'kubernetes', kubeconfig, agentSocket };
  throw new Failure(
    'config',
    `${what}: nodeName is missing: the kubernetes store needs this Node's name in the cluster`,
  );
}
