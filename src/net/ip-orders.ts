import { Failure } from '../system/failure.ts';

/** The Pod's end of a veth pair, as it shall be. Texts are checked here: they go into lines of `ip -batch`. */
export interface ContainerLink {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  /** With prefix lengths. */
  readonly addresses: readonly string[];
  readonly routes: readonly LinkRoute[];
  /** undefined: as the kernel does by default. */
  readonly acceptRA: boolean | undefined;
}

export interface LinkRoute {
  readonly dst: string;
  readonly gw?: string;
  readonly mtu?: number;
  readonly advmss?: number;
  /** Metric. */
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

/** The host's end of the pair: a port of the bridge. */
export interface HostLink {
  readonly name: string;
  readonly mac: string;
  /** Shown by `ip link`: whose it is. */
  readonly alias: string;
}

/** The veth pair of an attachment, as it is known before there are addresses. */
export interface Pair extends MadePair {
  readonly link: Pick<ContainerLink, 'name' | 'mac' | 'mtu' | 'acceptRA'>;
}

/** What it is when it is made. */
export interface MadePair {
  readonly host: HostLink;
  readonly link: Pick<ContainerLink, 'name' | 'mac' | 'mtu'>;
}

/**
 * A line for the Pod's netns: the pair, made in one step with its host's end, already up, in the netns of descriptor 4.
 * In this form only: a peer cannot be made up, since there is no other end yet.
 */
export function pairOrder(pair: MadePair): string {
  return linkAdd(pair, { host: fixed('netns /proc/self/fd/4'), link: [] });
}

/** The same for the host's netns. @param netns file of the Pod's */
export function pairOrderOfHost(pair: MadePair, netns: string): string {
  return linkAdd(pair, { host: [], link: ['netns', netns] });
}

function linkAdd(
  { host, link: { name, mac, mtu } }: MadePair,
  places: Record<keyof MadePair, readonly Word[]>,
): string {
  const hostEnd = [host.name, ...places.host, 'mtu', mtu, 'address', host.mac, 'up'];
  const end = [name, ...places.link, 'mtu', mtu, 'address', mac];
  return lines([[...fixed('link add name'), ...hostEnd, ...fixed('type veth peer name'), ...end]]);
}

/**
 * A line for the host's netns: what cannot be said of its end when a link is made. It gets no IPv6 address, as hundreds
 * of ports would flood each other with MLD: it has none yet, for its carrier is to come. Below an MTU of 1280 a link has
 * no IPv6 at all (RFC 8200, section 5).
 */
export function hostOrder({ host: { name, alias }, link: { mtu } }: MadePair, hasIPv6: boolean): string {
  const noAddress = hasIPv6 && mtu >= 1280 ? fixed('addrgenmode none') : [];
  return lines([[...fixed('link set dev'), name, 'alias', alias.slice(0, longestAlias), ...noAddress]]);
}

/** IFALIASZ, bytes. */
const longestAlias = 255;

/** Prints a line, at once (`ip -brief`): whatever came before is done then. */
export function showOrder({ link: { name } }: Pair): string {
  return lines([[...fixed('link show dev'), name]]);
}

/** Lines for the Pod's netns, before the link comes up. `replace`, so that they can be given twice; no DAD, so that ADD returns with usable addresses. */
export function addressOrders({ name, addresses }: ContainerLink): string {
  return lines(
    addresses.map((address) => [
      ...fixed('address replace'),
      address,
      ...fixed(isIPv6(address) ? 'nodad' : 'broadcast +'),
      'dev',
      name,
    ]),
  );
}

/** Lines for the Pod's netns, last. Routes to one destination add up (ECMP), as with the reference plugins. */
export function upOrders({ name, routes }: ContainerLink): string {
  return lines([
    [...fixed('link set dev'), name, 'up'],
    ...routes.map((route) => [...fixed('route append'), ...routeWords(route, name)]),
  ]);
}

function routeWords({ dst, gw, priority, table, scope, mtu, advmss }: LinkRoute, name: string): readonly Word[] {
  const options: readonly (readonly [string, Word | undefined])[] = [
    ['via', gw],
    ['dev', name],
    ['metric', priority],
    ['table', table],
    ['scope', scope],
    ['mtu', mtu],
    ['advmss', advmss],
  ];
  return [dst, ...options.flatMap(([key, value]) => (value === undefined ? [] : [key, value]))];
}

type Word = string | number;

function lines(orders: readonly (readonly Word[])[]): string {
  return orders.map((words) => words.map(checked).join(' ')).join('\n');
}

/** Several words of our own. */
function fixed(words: string): readonly Word[] {
  return words.split(' ');
}

/** One word, with nothing that `ip -batch` gives a meaning to: no space, quote, backslash, "#", line break or control character. */
function checked(word: Word): string {
  const text = String(word);
  if (/^[a-zA-Z0-9_./:@+-]+$/.test(text)) return text;
  throw new Failure(
    'wiring',
    `${JSON.stringify(text)} cannot be passed to ip: it has a character that ip -batch would take for something else`,
  );
}

function isIPv6(address: string): boolean {
  return address.includes(':');
}
