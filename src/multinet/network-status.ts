import { isJsonObject, type JsonObject } from '../system/json-object.ts';

/** Of a Pod: which interfaces it has, as Multus writes it. */
export const networkStatusAnnotation = 'k8s.v1.cni.cncf.io/network-status';

/** The same under its old name, which Multus has given up. */
export const networksStatusAnnotation = 'k8s.v1.cni.cncf.io/networks-status';

export interface NetworkStatus {
  /** `namespace/name` of a NetworkAttachmentDefinition, or the name of the cluster's own network. */
  readonly name: string;
  /** Empty when it is not told. */
  readonly ifname: string;
  /** Without prefix length. */
  readonly ips: readonly string[];
}

/** undefined when it is no JSON list; what is no object in there is left out. */
export function parseNetworkStatus(annotation: string): readonly NetworkStatus[] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(annotation);
  } catch {
    return undefined;
  }
  return Array.isArray(list) ? list.filter(isJsonObject).map(readStatus) : undefined;
}

function readStatus({ name, interface: ifname, ips }: JsonObject): NetworkStatus {
  return {
    name: typeof name === 'string' ? name : '',
    ifname: typeof ifname === 'string' ? ifname : '',
    ips: Array.isArray(ips) ? ips.filter((ip) => typeof ip === 'string') : [],
  };
}
