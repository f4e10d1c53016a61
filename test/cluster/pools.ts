import type { JsonObject } from '../fixture/json.ts';
import { uniqueName } from '../fixture/unique.ts';
import { rangesOf } from '../ipam/sample.ts';
import { accepted, type Answer, type Api } from './api.ts';
import { metadataOf } from './objects.ts';

/** The finalizer that keeps a pool while its addresses are held. */
export const finalizer = 'crd.antrea.io/ipallocations';

export const poolPath = (version: string): string => `/apis/crd.antrea.io/${version}/ippools`;

export const allocationPath = '/apis/crd.antrea.io/v1beta1/ipallocations';

export const ranges = rangesOf;

export interface PoolSpecOptions {
  /** `a-b` or a CIDR each. */
  readonly ranges: readonly string[];
  /** Default: 192.168.1.1 */
  readonly gateway?: string;
  /** Default: 24 */
  readonly prefixLength?: number;
  readonly vlan?: number;
  readonly excludes?: readonly string[];
}

/** A `spec` with subnetInfo, as v1beta1 writes it. */
export function pool(options: PoolSpecOptions): object {
  const { gateway = '192.168.1.1', prefixLength = 24, vlan, excludes } = options;
  return {
    ipRanges: rangesOf(options.ranges),
    subnetInfo: { gateway, prefixLength, ...(vlan === undefined ? {} : { vlan }) },
    ...(excludes === undefined ? {} : { excludes }),
  };
}

type OldRange = readonly [
  range: string,
  gateway: string,
  more?: { readonly prefixLength?: number; readonly vlan?: number },
];

/** The ranges of v1alpha2, each with gateway and prefixLength (24). */
export function rangesOfV1alpha2(parts: readonly OldRange[]): readonly object[] {
  return parts.map(([range, gateway, more]) => ({ ...rangesOf([range])[0], gateway, prefixLength: 24, ...more }));
}

/** A `spec` as v1alpha2 writes it: without subnetInfo. */
export function oldPool(...parts: readonly OldRange[]): object {
  const ipVersion = parts[0]?.[1].includes(':') === true ? 6 : 4;
  return { ipVersion, ipRanges: rangesOfV1alpha2(parts) };
}

/** An IPPool of a new name. */
export function poolOf(spec: object, version = 'v1beta1'): object {
  return { apiVersion: `crd.antrea.io/${version}`, kind: 'IPPool', metadata: { name: uniqueName('pool-') }, spec };
}

/** Asks for an IPPool of a new name. */
export async function createPool(api: Api, spec: object, version = 'v1beta1'): Promise<Answer> {
  return api.post(poolPath(version), poolOf(spec, version));
}

/** An IPPool that exists now, and its path. */
export async function makePool(
  api: Api,
  spec: object,
): Promise<{ readonly path: string; readonly object: JsonObject }> {
  const object = accepted(await createPool(api, spec));
  return { object, path: `${poolPath('v1beta1')}/${metadataOf(object, 'name')}` };
}
