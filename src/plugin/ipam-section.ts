import { validateIpam } from '../../build/generated/ipam.js';
import type { Call } from '../cni/dispatch.ts';
import type { ResultDNS, ResultRoute } from '../cni/result.ts';
import { isJsonObject } from '../config/json.ts';
import { validate, type Schema } from '../config/validate.ts';
import { bitsOf, formatAddress } from '../ipam/address.ts';
import { foreignKeys, nothingAsked } from '../ipam/foreign-keys.ts';
import { checkPoolName } from '../ipam/pool.ts';
import { firstOf, formatPrefix, lastOf, parsePrefix, type Prefix } from '../ipam/prefix.ts';
import type { RequestedAddress, StaticAddress } from '../ipam/request.ts';
import { Failure } from '../system/failure.ts';
import { refuseOtherCase } from '../system/json-shape.ts';
import { checkedAddress, checkedPrefix, checkedRoute } from './checked-addresses.ts';
import { requestedIPs } from './requests.ts';
import { distinctRoutes } from './routes.ts';

/** The `ipam` section of our type, checked; schemas/ipam.schema.json tells of each key. */
export interface IpamSection {
  readonly ippools: readonly string[];
  readonly addresses: readonly StaticAddress[];
  readonly requested: readonly RequestedAddress[];
  readonly routes: readonly ResultRoute[];
  readonly dns: ResultDNS;
  /** Keys of another plugin's IPAM, without effect here. */
  readonly foreign: readonly string[];
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

const reserved = ['ippools', 'addresses', 'routes', 'dns'];

/** @throws Failure `config`, `decode` or `unsupported` naming the key */
export function readIpamSection(call: Call): IpamSection {
  const raw = call.config.raw['ipam'];
  if (isJsonObject(raw)) refuseOtherCase(raw, { what: 'ipam', reserved });
  const { addresses = [], ippools = [], routes = [], dns = {} } = validate(ipamConf, raw, 'ipam');
  const foreign = isJsonObject(raw) ? foreignKeys(raw) : [];
  if (ippools.length === 0 && addresses.length === 0) throw nothingAsked(foreign);
  const statics = addresses.map((item, index) => readStatic(item, `ipam.addresses[${index}]`));
  const { value: texts = [], key = '' } = requestedIPs(call) ?? {};
  return {
    ippools: ippools.map((value, index) => checkPoolName({ path: `ipam.ippools[${index}]`, value })),
    addresses: statics,
    requested: withoutRepeated(
      texts.map((text) => readRequested(text, key)),
      statics,
    ),
    routes: distinctRoutes(
      routes.map((route, index) => checkedRoute(route, { key: `ipam.routes[${index}]`, kind: 'config' })),
      [],
    ),
    dns,
    foreign,
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
  refuseUnusable(prefix, `${key}.address`);
  return {
    address: prefix.address,
    prefixLength: prefix.length,
    ...(gateway !== undefined &&
      gateway !== '' && { gateway: checkedAddress(gateway, { key: `${key}.gateway`, kind: 'config' }) }),
  };
}

/** A subnet is easily written where an address of it is meant; the kernel takes it, and nothing works. */
function refuseUnusable(prefix: Prefix, key: string): void {
  const { address, length } = prefix;
  const kind = kindOf(address);
  if (kind !== undefined)
    throw new Failure('config', `${key} ${formatPrefix(prefix)} is ${kind}: expected one that an interface can have`);
  if (address.family === 6 || length > bitsOf(4) - 2) return;
  const end = [firstOf(prefix), lastOf(prefix)].findIndex(({ value }) => value === address.value);
  if (end === -1) return;
  const name = end === 0 ? 'network' : 'broadcast';
  throw new Failure(
    'config',
    `${key} ${formatPrefix(prefix)} is the ${name} address of its subnet: expected one between`,
  );
}

/** RFC 1122 3.2.1.3, RFC 4291 2.4 */
function kindOf({ family, value }: Prefix['address']): string | undefined {
  const first = family === 4 ? value >> 24n : value >> 120n;
  if (value === 0n) return 'the unspecified address';
  if (family === 4 ? first === 127n : value === 1n) return 'a loopback address';
  return (family === 4 ? first >= 224n && first < 240n : first === 0xffn) ? 'a multicast address' : undefined;
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
