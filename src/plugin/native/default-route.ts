import type { NetworkSelection } from '../../multinet/annotation.ts';
import { readRoutes, type RouteFacts } from '../../net/link-facts.ts';
import { Failure } from '../../system/failure.ts';
import { checkedAddress } from '../checked-addresses.ts';
import { formatAddress } from '../../ipam/address.ts';
import type { Native } from './native.ts';

/** The Pod's default route of one family. */
export interface DefaultRoute {
  readonly family: 4 | 6;
  readonly gateway: string;
  readonly ifname: string;
}

/**
 * The default routes that networks of the Pod shall have.
 * @throws Failure `config` when one is no address, or there are two of a family: packets of one connection would go two ways
 */
export function defaultRoutes(
  selections: readonly NetworkSelection[],
  ifnames: readonly string[],
): readonly DefaultRoute[] {
  const routes = selections.flatMap(({ defaultRoute = [], name, namespace }, index) =>
    defaultRoute.map((text): DefaultRoute => {
      const key = `network ${namespace}/${name}: default-route`;
      const address = checkedAddress(text, { key, kind: 'config' });
      return { family: address.family, gateway: formatAddress(address), ifname: ifnames[index] ?? '' };
    }),
  );
  for (const family of [4, 6]) {
    const gateways = routes.filter((route) => route.family === family).map(({ gateway }) => gateway);
    if (gateways.length > 1)
      throw new Failure('config', `default-route ${gateways.join(' and ')}: expected one of each family for a Pod`);
  }
  return routes;
}

/**
 * Lets these routes take the place of the Pod's default routes of their families. The new one comes first: if it cannot
 * be had, the old ones are still there.
 * @throws Failure `wiring`, or `unavailable` when it takes too long
 */
export function setDefaultRoutes(native: Acting, netns: number, routes: readonly DefaultRoute[]): void {
  for (const route of routes) {
    const { family, gateway, ifname } = route;
    const earlier = currentDefaults(native, netns, family);
    const others = earlier.filter(({ gw, dev }) => gw !== gateway || dev !== ifname);
    const orders = [
      // The network's own routes may have it already: the kernel refuses the same one twice.
      ...(others.length < earlier.length ? [] : [`route append default via ${gateway} dev ${ifname}`]),
      ...others.map(({ gw, dev }) => `route delete default ${gw === '' ? '' : `via ${gw} `}dev ${dev}`),
    ];
    if (orders.length === 0) continue;
    const words = ['--net=/proc/self/fd/3', 'ip', `-${family}`, '-batch', '-'];
    const input = `${orders.join('\n')}\n`;
    const { code, stderr, timedOut } = native.context.exec('nsenter', words, { descriptor: netns, input, timeout });
    if (timedOut) throw new Failure('unavailable', `ip did not end in ${timeout / 1000} s: is the Node overloaded?`);
    if (code === 0) continue;
    const reason = stderr.split('\n')[0] ?? '';
    throw new Failure('wiring', `default-route ${gateway} of ${ifname} cannot be set: ${reason}`);
  }
}

/** Milliseconds: beyond what the kernel does in one. */
const timeout = 5000;

interface Acting {
  readonly context: Pick<Native['context'], 'exec'>;
}

function currentDefaults({ context }: Acting, netns: number, family: 4 | 6): readonly RouteFacts[] {
  const any = family === 4 ? '0.0.0.0/0' : '::/0';
  return readRoutes({ exec: context.exec, netns }, 'main').filter(({ dst, dev }) => dst === any && dev !== 'lo');
}
