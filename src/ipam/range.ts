import { Failure } from '../system/failure.ts';
import { formatAddress, parseAddress } from './address.ts';
import type { Address, Family } from './address.ts';
import { byFirst } from './interval.ts';
import type { Interval } from './interval.ts';
import { fieldOf, isAbsent, malformed, textOf } from './manifest.ts';
import type { Field } from './manifest.ts';
import { firstOf, isPointToPoint, lastOf, parsePrefix, prefixContains } from './prefix.ts';
import type { Prefix } from './prefix.ts';

/** One element of `spec.ipRanges`: all of its addresses, the reserved ones included. */
export interface Range extends Interval {
  /** As written: the `cidr`, or `start-end`. What an update is compared by. */
  readonly text: string;
  readonly family: Family;
  /**
   * Whether `first` is never handed out: the base of a `cidr` range. For IPv4 that is what people
   * call its network address, even where the subnet is wider; for IPv6 it may be the subnet-router
   * anycast address (RFC 4291, section 2.6.1). Upstream never used it, and pools count on that.
   */
  readonly skipsFirst: boolean;
}

/**
 * Reads `{cidr}` or `{start, end}`; other keys are the business of the caller.
 * @throws Failure `config` naming the key
 */
export function readRange(field: Field): Range {
  const cidr = fieldOf(field, 'cidr');
  const start = fieldOf(field, 'start');
  const end = fieldOf(field, 'end');
  if (isAbsent(cidr)) return readSpan(field, start, end);
  if (!isAbsent(start) || !isAbsent(end)) {
    throw new Failure(
      'config',
      `${field.path} has cidr together with start or end: expected cidr alone, or start and end`,
    );
  }
  return readCIDR(cidr);
}

/** @throws Failure `config` for the first range that does not lie in the subnet of the gateway */
export function refuseOutside(ranges: readonly Range[], subnet: Prefix, path: string): void {
  const written = `${formatAddress(subnet.address)}/${subnet.length}`;
  const index = ranges.findIndex(
    ({ family, first, last }) =>
      !prefixContains(subnet, { family, value: first }) || !prefixContains(subnet, { family, value: last }),
  );
  if (index < 0) return;
  throw new Failure(
    'config',
    `${path}[${index}] ${ranges[index]?.text} is not in the subnet ${written} of gateway and prefixLength: expected a range inside it`,
  );
}

/** @throws Failure `config` naming the newer range first */
export function refuseOverlaps(ranges: readonly Range[], path: string): void {
  const sorted = ranges.map((range, index) => ({ ...range, index })).toSorted(byFirst);
  for (const [position, range] of sorted.entries()) {
    const before = sorted[position - 1];
    if (before === undefined || before.last < range.first) continue;
    const [earlier, newer] = before.index < range.index ? [before, range] : [range, before];
    throw new Failure(
      'config',
      `${path}[${newer.index}] ${newer.text} overlaps with ${earlier.text}: expected ranges without common addresses`,
    );
  }
}

/** An address that is not handed out, a CIDR of them, or `a-b`: the forms of `spec.excludes`. */
export function readExclude(field: Field): Range {
  const text = textOf(field, EXCLUDE_FORMS).replaceAll(' ', '');
  if (text.includes('/')) return { ...readCIDR({ ...field, value: text }), skipsFirst: false };
  const [from = '', to, ...more] = text.split('-');
  const first = parseAddress(from);
  const last = to === undefined ? first : parseAddress(to);
  if (first === undefined || last === undefined || more.length > 0) throw malformed(field, EXCLUDE_FORMS);
  const range = spanOf(field, first, last);
  return to === undefined ? { ...range, text: formatAddress(first) } : range;
}

const EXCLUDE_FORMS = 'an address, a CIDR, or two addresses as "10.0.0.10-10.0.0.20"';

function readCIDR(field: Field): Range {
  const text = textOf(field, 'a CIDR such as "10.0.0.0/24"');
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw malformed(field, 'a CIDR such as "10.0.0.0/24" or "2001:db8::/64"');
  const { family } = prefix.address;
  return {
    text,
    family,
    first: firstOf(prefix).value,
    last: lastOf(prefix).value,
    skipsFirst: !isPointToPoint(prefix),
  };
}

function readSpan(field: Field, start: Field, end: Field): Range {
  if (isAbsent(start) && isAbsent(end))
    throw new Failure('config', `${field.path} has neither cidr nor start and end: expected one of these forms`);
  return spanOf(field, readAddress(start), readAddress(end));
}

function spanOf(field: Field, first: Address, last: Address): Range {
  const text = `${formatAddress(first)}-${formatAddress(last)}`;
  if (first.family !== last.family)
    throw new Failure('config', `${field.path} ${text} mixes IPv4 and IPv6: expected start and end of the same family`);
  if (first.value > last.value)
    throw new Failure('config', `${field.path} ${text} starts after its end: expected start not greater than end`);
  return { text, family: first.family, first: first.value, last: last.value, skipsFirst: false };
}

function readAddress(field: Field): Address {
  const address = parseAddress(textOf(field, 'an IP address'));
  if (address === undefined) throw malformed(field, 'an IPv4 or IPv6 address');
  return address;
}
