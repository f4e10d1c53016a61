import { isJsonObject, type JsonObject } from '../config/json.ts';
import type { Exec, Outcome } from '../system/exec.ts';
import { Failure } from '../system/failure.ts';

/** An interface as the kernel has it. */
export interface LinkFacts {
  readonly index: number;
  /** Index of the other end of a veth pair, in the other end's netns. */
  readonly peerIndex: number | undefined;
  readonly kind: string;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** With prefix length. */
  readonly addresses: readonly string[];
}

/** A route by one next hop; one that has several is several of these. */
export interface RouteFacts {
  /** With prefix length. */
  readonly dst: string;
  /** Empty for a route without next hop. */
  readonly gw: string;
  /** Name of the interface that it leaves by. */
  readonly dev: string;
}

export interface LinkQuery {
  readonly exec: Exec;
  readonly name: string;
  /** Descriptor of an open netns; undefined: our own. */
  readonly netns?: number;
}

/**
 * Looks at one interface by way of `ip -json` (ip(8)).
 * @returns undefined when there is no such interface
 * @throws Failure `io` when ip prints something unexpected, `unavailable` when it hangs
 */
export function readLink(query: LinkQuery): LinkFacts | undefined {
  const shown = ip(query, ['-details', 'address', 'show', 'dev', query.name]);
  if (shown.code !== 0) return undefined;
  const link = parse(shown).find((candidate) => candidate['ifname'] === query.name);
  return link && linkFacts(link);
}

/** The routes of the netns, of all tables or of one. */
export function readRoutes(query: Omit<LinkQuery, 'name'>, table = 'all'): readonly RouteFacts[] {
  return ['-4', '-6'].flatMap((family) => {
    const shown = ip(query, [family, 'route', 'show', 'table', table]);
    return parse(shown).flatMap((route) => readRoute(route, family));
  });
}

function ip({ exec, netns }: Omit<LinkQuery, 'name'>, args: readonly string[]): Outcome {
  const words = ['ip', '-json', ...args];
  const outcome =
    netns === undefined
      ? exec('ip', words.slice(1), { timeout: 5000 })
      : exec('nsenter', ['--net=/proc/self/fd/3', ...words], { descriptor: netns, timeout: 5000 });
  // It has not said that there is nothing.
  if (outcome.timedOut) throw new Failure('unavailable', 'ip did not end in 5 s: is the Node overloaded?');
  return outcome;
}

function linkFacts(link: JsonObject): LinkFacts {
  const info = isJsonObject(link['linkinfo']) ? link['linkinfo'] : {};
  return {
    index: Number(link['ifindex']),
    peerIndex: typeof link['link_index'] === 'number' ? link['link_index'] : undefined,
    kind: text(info['info_kind']),
    mac: text(link['address']),
    mtu: Number(link['mtu']),
    up: Array.isArray(link['flags']) && link['flags'].includes('UP'),
    addresses: objects(link['addr_info']).map((address) => `${text(address['local'])}/${Number(address['prefixlen'])}`),
  };
}

function readRoute(route: JsonObject, family: string): readonly RouteFacts[] {
  const [any, full] = family === '-4' ? ['0.0.0.0/0', '/32'] : ['::/0', '/128'];
  const to = text(route['dst']);
  const dst = to === 'default' ? any : to.includes('/') ? to : `${to}${full}`;
  const hops = Array.isArray(route['nexthops']) ? objects(route['nexthops']) : [route];
  return hops.map((hop) => ({ dst, gw: text(hop['gateway']), dev: text(hop['dev']) }));
}

function parse({ stdout, stderr, code }: Outcome): readonly JsonObject[] {
  if (stdout === '') return [];
  try {
    return objects(JSON.parse(stdout));
  } catch (cause) {
    throw new Failure('io', `ip printed something that is no JSON (exit code ${code}): ${stderr}`, { cause });
  }
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
