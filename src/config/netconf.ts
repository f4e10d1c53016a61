import { validateNetconf } from '../../build/generated/netconf.js';
import { Failure } from '../system/failure.ts';
import { refuseOtherCase } from '../system/json-shape.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { NodeSettings } from './node-file.ts';
import { validate, type Schema } from './validate.ts';

/** A VLAN network as its configuration describes it, with the Node's defaults; schemas/netconf.schema.json tells of each key. */
export interface VlanNetwork {
  readonly bridge: string;
  readonly vlan: number | undefined;
  readonly trunk: readonly { readonly id?: number; readonly minID?: number; readonly maxID?: number }[] | undefined;
  readonly mtu: number;
  readonly mac: string | undefined;
  readonly acceptRA: boolean | undefined;
}

interface NetConf {
  readonly bridge?: string;
  readonly vlan?: number;
  readonly trunk?: NonNullable<VlanNetwork['trunk']>;
  readonly mtu?: number;
  readonly mac?: string;
  readonly acceptRA?: boolean;
}

const netConf: Schema<NetConf> = {
  validator: validateNetconf,
  matches: (data): data is NetConf => validateNetconf(data),
};

/** The smallest MTU that IPv4 works with (RFC 791); the kernel refuses a smaller one. */
const smallestMTU = 68;
const reserved = ['networkType', 'bridge', 'vlan', 'trunk', 'mtu', 'mac', 'acceptRA', 'ipam', 'capabilities'];
const refusedCapabilities = ['bandwidth', 'portMappings'];

/**
 * Reads a configuration of our type. It is a tenant's, so what it may name is what the Node file lists.
 * @throws Failure `config` or `unsupported`
 */
export function readVlanNetwork(
  raw: JsonObject,
  settings: Pick<NodeSettings, 'bridge' | 'bridges' | 'mtu'>,
): VlanNetwork {
  refuseOtherCase(raw, { what: 'the network configuration', reserved });
  if (raw['networkType'] === undefined)
    throw new Failure(
      'config',
      'network configuration: the key networkType is missing: expected "networkType": "vlan"',
    );
  const conf = validate(netConf, raw, 'network configuration');
  refuseCapabilities(raw);
  return {
    bridge: readBridge(conf.bridge, settings),
    vlan: conf.vlan,
    trunk: conf.trunk,
    mtu: readMTU(conf.mtu, settings.mtu),
    mac: conf.mac,
    acceptRA: conf.acceptRA,
  };
}

function readBridge(bridge: string | undefined, settings: Pick<NodeSettings, 'bridge' | 'bridges'>): string {
  const allowed = [settings.bridge, ...settings.bridges];
  if (bridge === undefined) return settings.bridge;
  if (allowed.includes(bridge)) return bridge;
  throw new Failure(
    'unsupported',
    `bridge ${bridge} is not open to networks on this Node: use ${allowed.join(' or ')}`,
    {
      details: "an administrator lists others in the Node file's bridges",
    },
  );
}

function readMTU(mtu: number | undefined, fallback: number): number {
  if (mtu === undefined || mtu === 0) return fallback;
  if (mtu >= smallestMTU) return mtu;
  throw new Failure(
    'unsupported',
    `mtu ${mtu} is smaller than ${smallestMTU}; 0 stands for the Node's default, ${fallback}`,
  );
}

/** They would be silently without effect on a secondary interface. */
function refuseCapabilities(raw: JsonObject): void {
  for (const place of ['capabilities', 'runtimeConfig']) {
    const declared = raw[place];
    const key = refusedCapabilities.find(
      (name) => isJsonObject(declared) && declared[name] !== undefined && declared[name] !== false,
    );
    if (key !== undefined)
      throw new Failure('unsupported', `${place}.${key} is not supported on a VLAN network: remove it`);
  }
}
