import type { JsonObject } from '../../config/json.ts';
import type { Exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import type { Nic } from './links.ts';

/** What makes the Node reachable by an interface, as words that ip(8) takes: independent of the interface's index. */
export interface Addressing {
  /** Each without `dev`: `10.0.0.5/24 broadcast 10.0.0.255`. */
  readonly addresses: readonly string[];
  readonly routes: readonly RouteWords[];
}

export interface RouteWords {
  readonly family: 4 | 6;
  /** Without `dev`: `default via 10.0.0.1 table main proto static metric 100`. */
  readonly words: string;
}

/**
 * Link-local IPv6 addresses and what the kernel makes by itself are not among them.
 * @throws Failure `refused` for routes that share their traffic among interfaces
 */
export function readAddressing(exec: Exec, nic: Nic): Addressing {
  return {
    addresses: nic.addresses.flatMap((address) => addressWords(address)),
    routes: ([4, 6] as const).flatMap((family) =>
      show(exec, family, nic.name).flatMap((line) => routeWords(line, { family, name: nic.name })),
    ),
  };
}

export function hasAddresses({ addresses }: Nic): boolean {
  return addresses.some((address) => addressWords(address).length > 0);
}

function addressWords(address: JsonObject): readonly string[] {
  const isSix = address['family'] === 'inet6';
  const { local, address: peer, prefixlen, scope } = address;
  if (typeof local !== 'string') return [];
  // A temporary address is one that the kernel makes anew.
  if (isSix && (scope === 'link' || address['temporary'] === true)) return [];
  const words = [
    typeof peer === 'string' ? `${local} peer ${peer}/${String(prefixlen)}` : `${local}/${String(prefixlen)}`,
    ...option('broadcast', address['broadcast']),
    ...(scope === 'global' ? [] : option('scope', scope)),
    ...option('label', address['label'], (label) => label.includes(':')),
    ...lifetime('valid_lft', address['valid_life_time']),
    ...lifetime('preferred_lft', address['preferred_life_time']),
    ...(address['noprefixroute'] === true ? ['noprefixroute'] : []),
    ...(isSix ? ['nodad'] : []),
  ];
  return [words.join(' ')];
}

function option(key: string, value: unknown, counts: (value: string) => boolean = () => true): readonly string[] {
  return typeof value === 'string' && counts(value) ? [key, value] : [];
}

const forever = 4_294_967_295;

function lifetime(key: string, seconds: unknown): readonly string[] {
  return typeof seconds === 'number' && seconds < forever ? [key, String(seconds)] : [];
}

/** `unicast default via 10.9.0.2 table main proto boot scope global metric 100`, one a line. */
function show(exec: Exec, family: 4 | 6, name: string): readonly string[] {
  const args = ['-oneline', '-details', `-${family}`, 'route', 'show', 'table', 'all', 'dev', name];
  const { code, stdout, stderr } = exec('ip', args, { timeout: 5000 });
  if (code !== 0) throw new Failure('io', `the routes of ${name} cannot be read: ${stderr}`);
  return stdout.split('\n').map((line) => line.trim());
}

/** What `ip route show` says about the state of a route, and `ip route replace` does not take. */
const states = new Set(['linkdown', 'dead', 'offload', 'offload_failed', 'trap', 'rt_offload', 'rt_trap', 'pervasive']);
/** The same, with a word behind. */
const statesWithValue = new Set(['nhid', 'error', 'age', 'users', 'used', 'cache']);

function routeWords(line: string, { family, name }: { readonly family: 4 | 6; readonly name: string }): RouteWords[] {
  if (line.includes('nexthop')) {
    throw new Failure(
      'refused',
      `${name} cannot be taken: the route "${line}" shares its traffic among several interfaces, which is not supported`,
    );
  }
  const [type, ...rest] = line.split(' ');
  if (type !== 'unicast' || / proto kernel( |$)/.test(line)) return [];
  const words = rest.filter(
    (word, at) => !states.has(word) && !statesWithValue.has(word) && !statesWithValue.has(rest[at - 1] ?? ''),
  );
  return [{ family, words: words.join(' ') }];
}

/** Lines of `ip -batch`: they can be given again, and after some of them have been carried out. */
export function addressingOrders({ addresses }: Addressing, name: string): readonly string[] {
  return addresses.map((words) => `address replace ${words} dev ${name}`);
}

/** Lines of `ip -batch` for one family: those without gateway first, since the others need them. */
export function routeOrders({ routes }: Addressing, name: string, family: 4 | 6): readonly string[] {
  const own = routes.filter((route) => route.family === family).map(({ words }) => words);
  return [...own.filter(isNear), ...own.filter((words) => !isNear(words))].map(
    (words) => `route replace ${words} dev ${name}`,
  );
}

function isNear(words: string): boolean {
  return !words.includes(' via ');
}
