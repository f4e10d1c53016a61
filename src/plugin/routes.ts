import type { ResultIP, ResultRoute } from '../cni/result.ts';
import { Failure } from '../system/failure.ts';

/**
 * The routes, each once: the kernel refuses one that it has. Two that differ in their next hop are two, as everywhere.
 * @param routes checked, so that equal ones are written alike
 * @param ips whose gateways stand in where a route names no next hop; none while they are not known
 * @throws Failure `config` for two that differ only in what one route can have once
 */
export function distinctRoutes(
  routes: readonly ResultRoute[],
  ips: readonly Pick<ResultIP, 'address' | 'gateway'>[],
): readonly ResultRoute[] {
  const firsts = new Map<string, ResultRoute>();
  for (const route of routes) {
    const identity = identityOf(route, nextHop(route, ips) ?? '');
    const first = firsts.get(identity);
    if (first === undefined) firsts.set(identity, route);
    else if (propertiesOf(first) !== propertiesOf(route)) throw contradiction(first, route);
  }
  return [...firsts.values()];
}

/** That of the route; else the first gateway of its family, and without one the route is on the link: undefined. */
export function nextHop(
  { dst, gw }: Pick<ResultRoute, 'dst' | 'gw'>,
  ips: readonly Pick<ResultIP, 'address' | 'gateway'>[],
): string | undefined {
  return gw ?? ips.find(({ address, gateway }) => gateway !== undefined && isIPv6(address) === isIPv6(dst))?.gateway;
}

/** What stands for the same to the kernel: see ip-route(8). */
const mainTable = 254;
const metricOfIPv6 = 1024;
const scopes = { global: 0, link: 253 };

function identityOf({ dst, table = 0, priority = 0, scope }: ResultRoute, hop: string): string {
  const isSix = isIPv6(dst);
  const metric = isSix && priority === metricOfIPv6 ? 0 : priority;
  const reach = isSix ? 'none' : (scope ?? (hop === '' ? scopes.link : scopes.global));
  return [dst, hop, table === mainTable ? 0 : table, metric, reach].join(' ');
}

function propertiesOf({ mtu = 0, advmss = 0 }: ResultRoute): string {
  return `${mtu} ${advmss}`;
}

function contradiction(one: ResultRoute, other: ResultRoute): Failure {
  return new Failure(
    'config',
    `ipam.routes has ${JSON.stringify(one)} and ${JSON.stringify(other)}: expected one of them, with one mtu and one advmss`,
  );
}

function isIPv6(text: string): boolean {
  return text.includes(':');
}
