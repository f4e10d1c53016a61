import type { ResultRoute } from '../cni/result.ts';
import { formatAddress, parseAddress, type Address } from '../ipam/address.ts';
import { firstOf, formatPrefix, parsePrefix, type Prefix } from '../ipam/prefix.ts';
import { Failure, type FailureKind } from '../system/failure.ts';
import { quote } from '../system/quote.ts';

/** Where a text comes from: what a message names, and of what kind the failure is. */
export interface Source {
  readonly key: string;
  readonly kind: FailureKind;
}

/**
 * A route as the kernel takes it: the destination without host bits, no empty next hop, addresses in their one form.
 * @throws Failure of the source's kind
 */
export function checkedRoute({ gw, ...route }: ResultRoute, { key, kind }: Source): ResultRoute {
  const prefix = parsePrefix(route.dst);
  if (prefix === undefined)
    throw new Failure(kind, `${key}.dst ${quote(route.dst)} is not a destination such as 192.168.0.0/16`);
  const dst = formatPrefix({ ...prefix, address: firstOf(prefix) });
  if (gw === undefined || gw === '') return { ...route, dst };
  const hop = checkedAddress(gw, { key: `${key}.gw`, kind });
  if (hop.family === prefix.address.family) return { ...route, dst, gw: formatAddress(hop) };
  throw new Failure(kind, `${key}.gw ${gw} is not of the family of ${dst}`);
}

/** @throws Failure of the source's kind */
export function checkedPrefix(text: string, { key, kind }: Source): Prefix {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return prefix;
  throw new Failure(kind, `${key} ${quote(text)} is not an address with prefix length such as 10.10.0.1/24`);
}

/** @throws Failure of the source's kind */
export function checkedAddress(text: string, { key, kind }: Source): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new Failure(kind, `${key} ${quote(text)} is not an IP address`);
}
