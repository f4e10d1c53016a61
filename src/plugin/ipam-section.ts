import { validateIpam } from '../../build/generated/ipam.js';
import type { Call } from '../cni/dispatch.ts';
import type { ResultDNS, ResultRoute } from '../cni/result.ts';
import { isJsonObject } from '../config/json.ts';
import { validate, type Schema } from '../config/validate.ts';
import { formatAddress } from '../ipam/address.ts';
import { parsePrefix } from '../ipam/prefix.ts';
import type { RequestedAddress, StaticAddress } from '../ipam/request.ts';
import { checkedAddress, checkedPrefix, checkedRoute } from './checked-addresses.ts';
import { requestedIPs } from './requests.ts';

/** The `ipam` section of our type, checked; schemas/ipam.schema.json tells of each key. */
export interface IpamSection {
  readonly ippools: readonly string[];
  readonly addresses: readonly StaticAddress[];
  readonly requested: readonly RequestedAddress[];
  readonly routes: readonly ResultRoute[];
  readonly dns: ResultDNS;
}

interface IpamConf {
  readonly ippools?: readonly string[];
  readonly addresses?: readonly { readonly address: string; readonly gateway?: string }[];
  readonly routes?: readonly ResultRoute[];
  readonly dns?: ResultDNS;
}

const ipamConf: Schema<IpamConf> = {
  validator: validateIpam,
  matches: (data): data is IpamConf => validateIpam(data),
};

/** @throws Failure `config` or `unsupported` naming the key */
export function readIpamSection(call: Call): IpamSection {
  const { addresses = [], ippools = [], routes = [], dns = {} } = validate(ipamConf, call.config.raw['ipam'], 'ipam');
  const statics = addresses.map((item, index) => readStatic(item, `ipam.addresses[${index}]`));
  const { value: texts = [], key = '' } = requestedIPs(call) ?? {};
  return {
    ippools,
    addresses: statics,
    requested: withoutRepeated(
      texts.map((text) => readRequested(text, key)),
      statics,
    ),
    routes: routes.map((route, index) => checkedRoute(route, { key: `ipam.routes[${index}]`, kind: 'config' })),
    dns,
  };
}

/** The pools that a configuration names, as far as it can be read: DEL must work with any. */
export function namedPools({ config }: Call): readonly string[] {
  const ipam = config.raw['ipam'];
  const pools = isJsonObject(ipam) ? ipam['ippools'] : undefined;
  return Array.isArray(pools) ? pools.filter((pool) => typeof pool === 'string').slice(0, 16) : [];
}

function readStatic(
  { address, gateway }: { readonly address: string; readonly gateway?: string },
  key: string,
): StaticAddress {
  const prefix = checkedPrefix(address, { key: `${key}.address`, kind: 'config' });
  return {
    address: prefix.address,
    prefixLength: prefix.length,
    ...(gateway !== undefined &&
      gateway !== '' && { gateway: checkedAddress(gateway, { key: `${key}.gateway`, kind: 'config' }) }),
  };
}

function readRequested(text: string, key: string): RequestedAddress {
  const prefix = parsePrefix(text);
  return prefix === undefined
    ? { address: checkedAddress(text, { key, kind: 'config' }) }
    : { address: prefix.address, prefixLength: prefix.length };
}

/** podman asks for what a container has and for what it was made with, when it attaches it anew: often the same. */
function withoutRepeated(
  requested: readonly RequestedAddress[],
  statics: readonly StaticAddress[],
): readonly RequestedAddress[] {
  const firsts = requested.filter((one, index) => !requested.slice(0, index).some((earlier) => says(earlier, one)));
  return firsts.filter((one) => ![...firsts, ...statics].some((other) => other !== one && says(other, one)));
}

/** Whether `one` adds nothing to `other`. */
function says(other: RequestedAddress, one: RequestedAddress): boolean {
  const isSame = formatAddress(other.address) === formatAddress(one.address);
  return isSame && (one.prefixLength === undefined || one.prefixLength === other.prefixLength);
}
