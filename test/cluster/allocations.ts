import { formatAddressForName } from '../../src/ipam/address.ts';
import { address as parse } from '../ipam/sample.ts';

export interface AllocationOptions {
  readonly pool?: string | undefined;
  readonly address: string;
  /** Default: named as it has to be. */
  readonly name?: string;
  readonly node?: string | undefined;
  readonly phase?: string;
}

/** An IPAllocation as a Node writes it. */
export function allocation(options: AllocationOptions) {
  const { pool = 'vlan100', address, name = `${pool}.${formatAddressForName(parse(address))}`, node, phase } = options;
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPAllocation',
    metadata: { name },
    spec: {
      pool,
      poolUID: 'a-uid',
      address,
      phase: phase ?? 'Allocated',
      owner: {
        network: 'vlan100',
        pod: {
          namespace: 'default',
          name: 'web-0',
          uid: 'web-0-uid',
          containerID: 'c0ffee',
          ifName: 'net1',
          ...(node === undefined ? {} : { node }),
        },
      },
    },
  };
}
