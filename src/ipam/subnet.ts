import { Failure } from '../system/failure.ts';
import { formatAddress, parseAddress, sameAddress } from './address.ts';
import type { Address } from './address.ts';
import { describe, fieldOf, integerOf, isAbsent, malformed, textOf } from './manifest.ts';
import type { Field } from './manifest.ts';
import { prefixContains } from './prefix.ts';

/** What all ranges of a pool have in common. */
export interface Subnet {
  readonly gateway: Address;
  readonly prefixLength: number;
  readonly vlan: number;
}

/**
 * Reads it from `spec.subnetInfo`, or from every range and `spec.ipVersion`.
 * @throws Failure `config` where it is incomplete, mixes both shapes, or differs among the ranges
 */
export function readSubnet(spec: Field, ranges: readonly Field[]): Subnet {
  const subnetInfo = fieldOf(spec, 'subnetInfo');
  const subnet = isAbsent(subnetInfo) ? fromRanges(spec, ranges) : fromSubnetInfo(spec, subnetInfo, ranges);
  refuseMapped(subnet, isAbsent(subnetInfo) ? `${spec.path}.ipRanges[0]` : subnetInfo.path);
  return subnet;
}

const SUBNET_KEYS = ['gateway', 'prefixLength', 'vlan'];

function fromSubnetInfo(spec: Field, subnetInfo: Field, ranges: readonly Field[]): Subnet {
  const strays = [
    fieldOf(spec, 'ipVersion'),
    ...ranges.flatMap((range) => SUBNET_KEYS.map((key) => fieldOf(range, key))),
  ];
  const stray = strays.find((field) => !isAbsent(field));
  if (stray === undefined) return readOne(subnetInfo);
  throw new Failure(
    'config',
    `${stray.path} ${describe(stray.value)} stands next to ${subnetInfo.path}: expected one of the two shapes, so remove ${stray.path}`,
  );
}

function fromRanges(spec: Field, ranges: readonly Field[]): Subnet {
  const [first, ...others] = ranges;
  if (first === undefined)
    throw new Failure(
      'config',
      `${spec.path}.subnetInfo is missing: expected gateway and prefixLength there, as ipRanges is empty`,
    );
  const subnet = readOne(first);
  for (const range of others) refuseDifference(range, { subnet, first });
  const ipVersion = fieldOf(spec, 'ipVersion');
  if (ipVersion.value !== 4 && ipVersion.value !== 6)
    throw malformed(ipVersion, '4 or 6, or spec.subnetInfo in its place');
  if (ipVersion.value === subnet.gateway.family) return subnet;
  throw new Failure(
    'config',
    `${ipVersion.path} is ${ipVersion.value}, but the gateway ${formatAddress(subnet.gateway)} is IPv${subnet.gateway.family}: expected ${subnet.gateway.family}`,
  );
}

function readOne(field: Field): Subnet {
  const gatewayField = fieldOf(field, 'gateway');
  const gateway = parseAddress(textOf(gatewayField, 'an IP address'));
  if (gateway === undefined) throw malformed(gatewayField, 'an IPv4 or IPv6 address');
  const vlan = fieldOf(field, 'vlan');
  return {
    gateway,
    prefixLength: integerOf(fieldOf(field, 'prefixLength'), { min: 1, max: gateway.family === 4 ? 31 : 127 }),
    vlan: isAbsent(vlan) ? 0 : integerOf(vlan, { min: 0, max: 4094 }),
  };
}

function refuseDifference(range: Field, against: { subnet: Subnet; first: Field }): void {
  const { subnet, first } = against;
  const other = readOne(range);
  const same =
    sameAddress(other.gateway, subnet.gateway) &&
    other.prefixLength === subnet.prefixLength &&
    other.vlan === subnet.vlan;
  if (same) return;
  throw new Failure(
    'config',
    `${range.path} has different subnet information (${text(other)}) than ${first.path} (${text(subnet)}): expected the same, or a pool for each`,
  );
}

function text({ gateway, prefixLength, vlan }: Subnet): string {
  return `gateway ${formatAddress(gateway)}, prefixLength ${prefixLength}, vlan ${vlan}`;
}

/** Addresses in `::ffff:0:0/96` are read as IPv4 everywhere, so an IPv6 subnet must not contain any. */
function refuseMapped({ gateway, prefixLength }: Subnet, path: string): void {
  const containsThem =
    gateway.family === 6 &&
    prefixContains({ address: gateway, length: prefixLength }, { family: 6, value: 0xffffn << 32n });
  if (!containsThem) return;
  throw new Failure(
    'config',
    `${path}.prefixLength is ${prefixLength}: ${formatAddress(gateway)}/${prefixLength} contains the IPv4-mapped addresses ::ffff:0:0/96; expected a subnet without them`,
  );
}
