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
  /** Whether the host's kernel speaks IPv6. */
  readonly ipv6: boolean;
}

/** Below it a link has no IPv6 at all, and nothing to switch off (RFC 8200, section 5). */
const leastIPv6MTU = 1280;

/**
 * Lines for the host's netns: the pair, made in one step with its peer in the netns of descriptor 3.
 * The host's end gets no IPv6 address: hundreds of ports would flood each other with MLD.
 */
export function hostOrders(host: HostLink, { name, mac, mtu }: ContainerLink): string {
  const peer = [...fixed('type veth peer name'), name, 'mtu', mtu, 'address', mac, 'netns', '/proc/self/fd/3'];
  return lines([
    [...fixed('link add name'), host.name, 'mtu', mtu, 'address', host.mac, ...peer],
    ...(host.ipv6 && mtu >= leastIPv6MTU ? [[...fixed('link set dev'), host.name, 'addrgenmode', 'none']] : []),
    [...fixed('link set dev'), host.name, 'alias', host.alias.slice(0, 255), 'up'],
  ]);
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
