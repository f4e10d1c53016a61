import { basename } from 'node:path';
import type { JsonObject } from '../../fixture/json.ts';
import { antreaExecutable } from '../../fixture/runtime.ts';
import type { SamplePool } from '../../ipam/sample.ts';

export const ours = basename(antreaExecutable());

/** A VLAN network with pools of ours. */
export function network(...ippools: readonly string[]): JsonObject {
  return { cniVersion: '1.1.0', name: 'vlan90', type: ours, networkType: 'vlan', ipam: { type: ours, ippools } };
}

/** In the shape of v1alpha2. One address, so that a test knows which. */
export const four: JsonObject = {
  apiVersion: 'crd.antrea.io/v1alpha2',
  kind: 'IPPool',
  metadata: { name: 'four' },
  spec: {
    ipVersion: 4,
    ipRanges: [{ start: '10.90.0.9', end: '10.90.0.9', gateway: '10.90.0.1', prefixLength: 24, vlan: 90 }],
  },
};

/** In the shape of v1beta1, with one address too. */
export const six: SamplePool = {
  name: 'six',
  ranges: ['fd00:90::9-fd00:90::9'],
  gateway: 'fd00:90::1',
  prefixLength: 64,
  vlan: 90,
};

export const wide: SamplePool = { name: 'wide', ranges: ['10.91.0.0/16'], gateway: '10.91.0.1', prefixLength: 16 };
