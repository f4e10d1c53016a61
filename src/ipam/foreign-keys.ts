import { Failure } from '../system/failure.ts';
import type { JsonObject } from '../system/json-object.ts';

/** What whereabouts and host-local have in `ipam`, and where an IPPool says it. */
const inPools: Readonly<Record<string, string>> = {
  range: 'spec.ipRanges',
  ranges: 'spec.ipRanges',
  ipRanges: 'spec.ipRanges',
  subnet: 'spec.ipRanges',
  range_start: 'spec.ipRanges',
  range_end: 'spec.ipRanges',
  rangeStart: 'spec.ipRanges',
  rangeEnd: 'spec.ipRanges',
  exclude: 'spec.excludes',
  gateway: 'spec.subnetInfo.gateway',
};

/** Keys of an `ipam` section of ours that say, in other plugins, which addresses there are. Here they have no effect. */
export function foreignKeys(ipam: JsonObject): readonly string[] {
  return Object.keys(ipam).filter((key) => Object.hasOwn(inPools, key));
}

/** Of a section that names neither pools nor addresses. @param foreign as foreignKeys() says */
export function nothingAsked(foreign: readonly string[]): Failure {
  if (foreign.length === 0) {
    return new Failure(
      'config',
      'ipam.ippools and ipam.addresses are both empty: expected at least one pool or static address',
    );
  }
  const places = new Set(foreign.map((key) => inPools[key] ?? key));
  return new Failure(
    'config',
    `ipam has ${foreign.join(', ')} of another plugin's IPAM: expected ipam.ippools with the name of an IPPool that says it, in ${[...places].join(', ')}`,
  );
}
