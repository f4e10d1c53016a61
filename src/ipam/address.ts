/**
 * IP addresses as full-width integers. Own code: loading npm's `ip-address` costs a CNI process
 * 2.4 ms; the tests hold this module against it.
 */

export type Family = 4 | 6;

/** An IPv4-mapped IPv6 address is held as the IPv4 address that it maps. */
export interface Address {
  readonly family: Family;
  /** 0 to 2^32−1 (IPv4) or 2^128−1 (IPv6). */
  readonly value: bigint;
}

/**
 * Reads `10.0.0.1` or `2001:db8::1`; undefined for anything else. Strict: no leading zeros in
 * IPv4, no zone, no brackets, no surrounding space.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 45) return undefined;
  if (!text.includes(':')) {
    const value = parseIPv4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseIPv6(text);
  if (value === undefined) return undefined;
  return value >> 32n === MAPPED ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value };
}

/** Canonical text: dotted IPv4, or IPv6 by RFC 5952 (lower case, longest run of zeros as `::`). */
export function formatAddress(address: Address): string {
  if (address.family === 4) return formatIPv4(address.value);
  if (address.value >> 32n === MAPPED) return `::ffff:${formatIPv4(address.value & 0xffff_ffffn)}`;
  const groups = groupsOf(address.value);
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** The address as part of an object's name: dotted IPv4, or all eight IPv6 groups of four digits joined by `-`. */
export function formatAddressForName(address: Address): string {
  if (address.family === 4) return formatIPv4(address.value);
  return groupsOf(address.value)
    .map((group) => group.toString(16).padStart(4, '0'))
    .join('-');
}

/** Orders IPv4 before IPv6, then by value. Negative: `a` first. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.value === b.value) return 0;
  return a.value < b.value ? -1 : 1;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

/** 32 or 128. */
export function bitsOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** `::ffff:0:0/96` without its low 32 bits: RFC 4291, section 2.5.5.2. */
const MAPPED = 0xffffn;

const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;

function parseIPv4(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  let value = 0;
  for (const octet of octets) {
    if (!OCTET.test(octet) || Number(octet) > 255) return undefined;
    value = value * 256 + Number(octet);
  }
  return BigInt(value);
}

function parseIPv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves[1] === undefined ? [] : parseGroups(halves[1], true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // `::` stands for at least one group: RFC 4291, section 2.2.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** The groups between colons; the last one may be a dotted IPv4 address where the text ends. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const dotted = mayEndDotted && index === parts.length - 1 ? parseIPv4(part) : undefined;
    if (dotted === undefined) return undefined;
    groups.push(Number(dotted >> 16n), Number(dotted & 0xffffn));
  }
  return groups;
}

function formatIPv4(value: bigint): string {
  const number = Number(value);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

function groupsOf(value: bigint): number[] {
  return [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => Number((value >> shift) & 0xffffn));
}

/** The first of the longest runs of zero groups (RFC 5952, section 4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index <= groups.length; index += 1) {
    if (groups[index] === 0) continue;
    if (index - start > best.length) best = { start, length: index - start };
    start = index + 1;
  }
  return best;
}
