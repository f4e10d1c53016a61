import { bitsOf, formatAddress, parseAddress } from './address.ts';
import type { Address } from './address.ts';

/** An address with a prefix length, as in `10.1.0.5/16`: the host bits are kept. */
export interface Prefix {
  readonly address: Address;
  /** 0 to 32 (IPv4) or 128 (IPv6). */
  readonly length: number;
}

/**
 * Reads `10.1.0.5/16` or `2001:db8::5/64`; undefined for anything else. `::ffff:10.1.0.5/112` is
 * `10.1.0.5/16`; a mapped address with fewer than 96 bits names no IPv4 prefix and is refused.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const written = text.slice(0, slash);
  const address = parseAddress(written);
  const lengthText = text.slice(slash + 1);
  if (address === undefined || !/^(?:0|[1-9][0-9]{0,2})$/.test(lengthText)) return undefined;
  const mapped = address.family === 4 && written.includes(':');
  const length = Number(lengthText) - (mapped ? 96 : 0);
  if (length < 0 || length > bitsOf(address.family)) return undefined;
  return { address, length };
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`;
}

/** The lowest address of the prefix: IPv4's network address, IPv6's subnet-router anycast address. */
export function firstOf(prefix: Prefix): Address {
  const hostBits = hostBitsOf(prefix);
  return { family: prefix.address.family, value: (prefix.address.value >> hostBits) << hostBits };
}

/** The highest address of the prefix: IPv4's broadcast address. */
export function lastOf(prefix: Prefix): Address {
  const hostMask = (1n << hostBitsOf(prefix)) - 1n;
  return { family: prefix.address.family, value: prefix.address.value | hostMask };
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  const hostBits = hostBitsOf(prefix);
  return prefix.address.family === address.family && prefix.address.value >> hostBits === address.value >> hostBits;
}

/**
 * Whether the prefix is a point-to-point link or a single address (/31, /32, /127, /128). These
 * have no network, broadcast or anycast address: RFC 3021, RFC 6164.
 */
export function isPointToPoint(prefix: Prefix): boolean {
  return bitsOf(prefix.address.family) - prefix.length <= 1;
}

function hostBitsOf(prefix: Prefix): bigint {
  return BigInt(bitsOf(prefix.address.family) - prefix.length);
}
