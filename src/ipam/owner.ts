import { formatAddress } from './address.ts';
import type { Allocation, Owner, OwnerFilter } from './store.ts';

/** What a call says of its attachment. Absent facts are left out. */
export interface OwnerFacts {
  readonly request: {
    readonly containerID: string;
    readonly ifname: string;
    readonly args: {
      readonly K8S_POD_NAMESPACE?: string;
      readonly K8S_POD_NAME?: string;
      readonly K8S_POD_UID?: string;
    };
  };
  /** `name` of the network. */
  readonly config: { readonly name: string };
}

export function ownerOf({ request, config }: OwnerFacts, node: string): Owner {
  const { K8S_POD_NAMESPACE: namespace = '', K8S_POD_NAME: name = '', K8S_POD_UID: uid = '' } = request.args;
  const { containerID, ifname: ifName } = request;
  return { network: config.name, pod: { namespace, name, uid, containerID, ifName, node } };
}

/** Whether both are the same attachment: sandbox, interface and network. Pod and Node only describe it. */
export function sameOwner(a: Owner, b: Owner): boolean {
  return a.network === b.network && a.pod.containerID === b.pod.containerID && a.pod.ifName === b.pod.ifName;
}

export function matchesFilter(owner: Owner, filter: OwnerFilter): boolean {
  const { network, pod } = owner;
  return (
    matches(filter.network, network) &&
    matches(filter.node, pod.node) &&
    matches(filter.containerID, pod.containerID) &&
    matches(filter.ifName, pod.ifName)
  );
}

/** `10.0.0.5 of pool a, held by default/web-0 (interface net1 of container 4fe1…, network vlan100)` */
export function describeAllocation({ address, pool, owner }: Allocation): string {
  const { containerID, ifName } = owner.pod;
  const name = ownerName(owner);
  const place = `interface ${ifName} of container ${containerID}, network ${owner.network}`;
  const holder = name === '' ? place : `${name} (${place})`;
  return `${formatAddress(address)} of pool ${pool}, held by ${holder}`;
}

/** `default/web-0`; `web` of a container that has no Namespace, as podman names it; empty when nobody told a name. */
export function ownerName({ pod: { namespace, name } }: Owner): string {
  return namespace === '' || name === '' ? name : `${namespace}/${name}`;
}

function matches(wanted: string | undefined, actual: string): boolean {
  return wanted === undefined || wanted === actual;
}
