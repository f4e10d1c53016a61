import { Failure } from '../system/failure.ts';
import type { CniResult, ResultIP, ResultRoute } from './result.ts';
import { atLeast, type CniVersion } from './version.ts';

/**
 * The object to print for a result, in exactly the shape of `version`; keys that came later are left out.
 * @throws Failure `incompatible` when the version cannot express it (0.1.0 and 0.2.0 need an address)
 */
export function resultObject(result: CniResult, version: CniVersion): object {
  return atLeast(version, '0.3.0') ? modern(result, version) : byFamily(result, version);
}

function modern(result: CniResult, version: CniVersion): object {
  const { interfaces, ips, routes, dns } = result;
  const newest = atLeast(version, '1.1.0');
  const showDNS = !atLeast(version, '1.0.0') || Object.keys(dns).length > 0;
  return {
    cniVersion: version,
    ...(interfaces.length > 0 && {
      interfaces: interfaces.map(({ name, mac, sandbox, mtu, socketPath, pciID }) => ({
        name,
        ...(mac !== undefined && { mac }),
        ...(newest && mtu !== undefined && { mtu }),
        ...(sandbox !== undefined && { sandbox }),
        ...(newest && socketPath !== undefined && { socketPath }),
        ...(newest && pciID !== undefined && { pciID }),
      })),
    }),
    ...(ips.length > 0 && {
      ips: ips.map((ip) => (atLeast(version, '1.0.0') ? ip : { version: family(ip.address), ...ip })),
    }),
    ...(routes.length > 0 && { routes: newest ? routes : routes.map(plainRoute) }),
    ...(showDNS && { dns }),
  };
}

/** 0.1.0 and 0.2.0 hold the first address of each family, with that family's routes. */
function byFamily(result: CniResult, version: CniVersion): object {
  const ip4 = result.ips.find(({ address }) => family(address) === '4');
  const ip6 = result.ips.find(({ address }) => family(address) === '6');
  if (ip4 === undefined && ip6 === undefined) {
    throw new Failure(
      'incompatible',
      `a result without an address cannot be expressed in cniVersion ${version}: use 0.3.0 or later`,
    );
  }
  return {
    cniVersion: version,
    ...(ip4 !== undefined && { ip4: oldFamily(ip4, result.routes) }),
    ...(ip6 !== undefined && { ip6: oldFamily(ip6, result.routes) }),
    dns: result.dns,
  };
}

function oldFamily({ address, gateway }: ResultIP, routes: readonly ResultRoute[]): object {
  const own = routes.filter(({ dst }) => family(dst) === family(address)).map(plainRoute);
  return { ip: address, ...(gateway !== undefined && { gateway }), ...(own.length > 0 && { routes: own }) };
}

function plainRoute({ dst, gw }: ResultRoute): object {
  return { dst, ...(gw !== undefined && { gw }) };
}

function family(address: string): '4' | '6' {
  return address.includes(':') ? '6' : '4';
}
