import { validateAgent } from '../../../build/generated/agent.js';
import { defaultDataDir, runDir } from '../../config/node-folders.ts';
import { durationOf } from '../../config/duration.ts';
import { validate, type Schema } from '../../config/validate.ts';
import { parseVlans } from '../../config/vlans.ts';
import { Failure } from '../../system/failure.ts';

/** What `antrea agent --config` says; schemas/agent.schema.json describes each key. */
export interface AgentSettings {
  readonly gates: Readonly<Record<'AntreaIPAM' | 'SecondaryNetwork' | 'AntreaNodeConfig', boolean>>;
  /** Bridge of the primary network. */
  readonly primaryBridge: string;
  /** undefined: the file describes none. */
  readonly bridge: BridgeSettings | undefined;
  readonly allowManagementInterface: boolean;
  readonly datapathType: 'system' | 'netdev';
  /** Other bridges that networks may name; undefined: the Node file says. */
  readonly otherBridges: readonly string[] | undefined;
  /** VLANs that networks may use, as `100` or `200-299`; undefined: not said here. */
  readonly allowedVLANs: readonly string[] | undefined;
  /** undefined: the agent installs nothing. */
  readonly install: InstallSettings | undefined;
  readonly ovsdb: string;
  readonly dataDir: string;
  /** Where the plugin asks for addresses. */
  readonly agentSocket: string;
  /** `unix:///path` or a path; undefined: one of the usual ones. */
  readonly containerRuntimeEndpoint: string | undefined;
  /** undefined: the file does not say. */
  readonly nodeName: string | undefined;
}

/** What is installed on this Node, and where. */
export interface InstallSettings {
  readonly mode: 'native' | 'multus';
  readonly cniBinDir: string;
  readonly cniConfDir: string;
  readonly pluginName: string;
  /** URL; undefined: the agent's own API server. */
  readonly server: string | undefined;
  /** Milliseconds. */
  readonly tokenLifetime: number;
  /** Path; undefined: the agent's own executable. */
  readonly executable: string | undefined;
}

/** The secondary bridge, as it is wanted. */
export interface BridgeSettings {
  readonly name: string;
  readonly interfaces: readonly InterfaceSettings[];
  readonly multicastSnooping: boolean;
}

export interface InterfaceSettings {
  readonly name: string;
  /** VLANs that it carries, in order; undefined: all. */
  readonly vlans: readonly number[] | undefined;
}

interface AgentFile {
  readonly featureGates?: Partial<AgentSettings['gates']>;
  readonly ovsBridge?: string;
  readonly secondaryNetwork?: {
    readonly ovsBridges?: readonly FileBridge[];
    readonly allowManagementInterface?: boolean;
    readonly datapathType?: AgentSettings['datapathType'];
    readonly bridges?: readonly string[];
    readonly allowedVLANs?: readonly string[];
  };
  readonly install?: Partial<Omit<InstallSettings, 'tokenLifetime'>> & { readonly tokenLifetime?: string };
  readonly ovsdb?: string;
  readonly dataDir?: string;
  readonly agentSocket?: string;
  readonly containerRuntimeEndpoint?: string;
  readonly nodeName?: string;
}

interface FileBridge {
  readonly bridgeName: string;
  readonly physicalInterfaces?: readonly string[];
  readonly enableMulticastSnooping?: boolean;
}

const agentFile: Schema<AgentFile> = {
  validator: validateAgent,
  matches: (data): data is AgentFile => validateAgent(data),
};

/**
 * @param what names the file in messages
 * @throws Failure `config` or `unsupported`
 */
export function readSettings(content: unknown, what: string): AgentSettings {
  const file = validate(agentFile, content, what);
  const { secondaryNetwork = {}, featureGates } = file;
  const gates = { AntreaIPAM: false, SecondaryNetwork: false, AntreaNodeConfig: true, ...featureGates };
  if (gates.SecondaryNetwork && !gates.AntreaIPAM) {
    throw new Failure(
      'config',
      `${what}: featureGates.SecondaryNetwork is true and featureGates.AntreaIPAM is not: expected both to be true`,
    );
  }
  const primaryBridge = file.ovsBridge ?? 'br-int';
  return {
    gates,
    primaryBridge,
    bridge: bridgeOf(secondaryNetwork.ovsBridges?.[0], { primaryBridge, what }),
    allowManagementInterface: secondaryNetwork.allowManagementInterface ?? false,
    datapathType: secondaryNetwork.datapathType ?? 'system',
    otherBridges: secondaryNetwork.bridges,
    allowedVLANs: checkedVlans(secondaryNetwork.allowedVLANs, `${what}: secondaryNetwork.allowedVLANs`),
    install: installOf(file.install),
    ovsdb: file.ovsdb ?? 'unix:/var/run/openvswitch/db.sock',
    dataDir: file.dataDir ?? defaultDataDir,
    agentSocket: file.agentSocket ?? `${runDir}/agent.sock`,
    containerRuntimeEndpoint: file.containerRuntimeEndpoint,
    nodeName: file.nodeName,
  };
}

/** Where the agent answers the plugin, in a cluster; undefined: nowhere. */
export function servedSocket({ gates, agentSocket }: AgentSettings): string | undefined {
  return gates.AntreaIPAM ? agentSocket : undefined;
}

function checkedVlans(texts: readonly string[] | undefined, key: string): readonly string[] | undefined {
  parseVlans(texts, key);
  return texts;
}

function installOf(file: AgentFile['install']): InstallSettings | undefined {
  if (file === undefined) return undefined;
  const { mode = 'native', cniBinDir = '/opt/cni/bin', cniConfDir = '/etc/cni/net.d', pluginName = 'antrea' } = file;
  const { server, executable, tokenLifetime = '24h' } = file;
  const lifetime = durationOf(tokenLifetime) ?? 0;
  return { mode, cniBinDir, cniConfDir, pluginName, server, tokenLifetime: lifetime, executable };
}

function bridgeOf(
  bridge: FileBridge | undefined,
  { primaryBridge, what }: Readonly<Record<'primaryBridge' | 'what', string>>,
): BridgeSettings | undefined {
  if (bridge === undefined) return undefined;
  const { bridgeName: name, physicalInterfaces = [], enableMulticastSnooping = false } = bridge;
  const key = `${what}: secondaryNetwork.ovsBridges[0]`;
  if (name === primaryBridge) {
    throw new Failure(
      'config',
      `${key}.bridgeName is "${name}", which is ovsBridge, the bridge of the primary network: expected another name`,
    );
  }
  const twice = physicalInterfaces.find((one, at) => physicalInterfaces.indexOf(one) !== at);
  if (twice !== undefined) {
    throw new Failure('config', `${key}.physicalInterfaces has "${twice}" twice: expected each interface once`);
  }
  return {
    name,
    interfaces: physicalInterfaces.map((one) => ({ name: one, vlans: undefined })),
    multicastSnooping: enableMulticastSnooping,
  };
}
