/** As much of the result of an ADD as a network-status tells. */
export interface StatusSource {
  readonly interfaces: readonly {
    readonly name: string;
    readonly mac?: string;
    readonly mtu?: number;
    readonly sandbox?: string;
  }[];
  readonly ips: readonly { readonly interface?: number; readonly address: string; readonly gateway?: string }[];
  readonly routes: readonly { readonly dst: string; readonly gw?: string }[];
  readonly dns: object;
}

export interface StatusOf {
  /** `namespace/name`, or the name of the cluster's own network. */
  readonly name: string;
  readonly ifname: string;
  readonly isDefault: boolean;
  readonly result: StatusSource;
}

/** As Multus writes it. */
export interface StatusEntry {
  readonly name: string;
  readonly interface: string;
  readonly ips?: readonly string[];
  readonly mac?: string;
  readonly mtu?: number;
  readonly default?: true;
  readonly dns: object;
  readonly gateway?: readonly string[];
}

/**
 * The entries of one network: one for each interface in the Pod. A result that names no interface is of the one that was
 * asked for.
 * @see https://github.com/k8snetworkplumbingwg/multi-net-spec/tree/master/v1.3
 */
export function statusEntries({ name, ifname, isDefault, result }: StatusOf): readonly StatusEntry[] {
  const { interfaces, ips, routes, dns } = result;
  const inPod = interfaces
    .map((one, index) => ({ ...one, index }))
    .filter(({ sandbox }) => sandbox !== undefined || interfaces.length === 1);
  const all = inPod.length === 0 ? [{ name: ifname, index: -1 }] : inPod;
  const gateway = routes.filter(({ dst }) => /^[0:.]+\/0$/.test(dst)).flatMap(({ gw }) => (gw ? [gw] : []));
  const defaultIndex = defaultInterface(result) ?? all[0]?.index;
  return all.map((link, position) => {
    const own = ips.filter((ip) => isOf(ip.interface, { index: link.index, isLast: position === all.length - 1, all }));
    return {
      name,
      interface: link.name,
      ...(own.length > 0 && { ips: own.map(({ address }) => address.split('/')[0] ?? '') }),
      ...('mac' in link && link.mac !== undefined && { mac: link.mac }),
      ...('mtu' in link && link.mtu !== undefined && link.mtu > 0 && { mtu: link.mtu }),
      ...(isDefault && link.index === defaultIndex && { default: true as const }),
      dns,
      ...(gateway.length > 0 && { gateway }),
    };
  });
}

/** Addresses without an interface are the last one's; of a single interface, all are. */
function isOf(
  owner: number | undefined,
  place: { readonly index: number; readonly isLast: boolean; readonly all: readonly unknown[] },
): boolean {
  if (place.index === -1 || (place.all.length === 1 && place.index === 0)) return true;
  return owner === undefined ? place.isLast : owner === place.index;
}

/** That of the first address with a gateway. */
function defaultInterface({ ips, interfaces }: StatusSource): number | undefined {
  const index = ips.find(({ gateway, interface: owner }) => gateway !== undefined && owner !== undefined)?.interface;
  return index !== undefined && interfaces[index]?.sandbox !== undefined ? index : undefined;
}
