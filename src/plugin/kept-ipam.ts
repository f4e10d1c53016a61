import { canonicalJson } from '../system/canonical-json.ts';
import type { JsonObject } from '../system/json-object.ts';
import { oldVersion as cniVersion } from '../cni/delegate.ts';
import type { Context } from './context.ts';
import { delegatedIpam } from './delegated-ipam.ts';
import type { IpamSource } from './ipam-source.ts';

/**
 * The IPAM plugin that gave the addresses of an attachment, to take them back.
 * @param kept the `ipam` section that the journal has of the ADD
 */
export function keptIpam(context: Context, kept: JsonObject): Pick<IpamSource, 'del'> {
  const { call, settings } = context;
  // The section was looked at before it was kept; an administrator may have become stricter since.
  const trusting = { ...context, settings: { ...settings, allowPaths: true } };
  const isSame = canonicalJson(call.config.raw['ipam']) === canonicalJson(kept);
  if (isSame && call.request.command === 'DEL') return delegatedIpam(trusting);
  const { name, type } = call.config;
  const ipamType = typeof kept['type'] === 'string' ? kept['type'] : '';
  const config = { cniVersion, name, type, ipamType, prevResult: undefined };
  const raw = { cniVersion, name, type, ipam: kept };
  const earlier = delegatedIpam({ ...trusting, call: { ...call, config: { ...config, raw } } });
  // As one of which nothing is known: a plugin that was taken off the Node since must not keep a Pod from its deletion.
  return { del: () => earlier.del({ entry: undefined, addresses: [] }) };
}
