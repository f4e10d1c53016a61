import { validateCniResult } from '../../build/generated/cni-result.js';
import { validate, type Schema } from '../config/validate.ts';
import type { CniResult, ResultDNS, ResultInterface, ResultIP, ResultRoute } from './result.ts';
import { atLeast, supportedVersions, type CniVersion } from './version.ts';

interface OldFamily {
  readonly ip: string;
  readonly gateway?: string;
  readonly routes?: readonly ResultRoute[] | null;
}

interface AnyResult {
  readonly cniVersion?: string;
  readonly interfaces?: readonly ResultInterface[] | null;
  readonly ips?: readonly (Omit<ResultIP, 'interface'> & { readonly interface?: number | null })[] | null;
  readonly routes?: readonly ResultRoute[] | null;
  readonly dns?: ResultDNS | null;
  readonly ip4?: OldFamily;
  readonly ip6?: OldFamily;
}

const anyResult: Schema<AnyResult> = {
  validator: validateCniResult,
  matches: (data): data is AnyResult => validateCniResult(data),
};

/**
 * Reads a result of any version, untrusted, into the current form.
 * @param fallback the version of a result that does not name its own
 * @throws Failure `config` when it is malformed
 */
export function parseResult(value: unknown, fallback: CniVersion, what: string): CniResult {
  const result = validate(anyResult, value, what);
  const version = supportedVersions.find((known) => known === result.cniVersion) ?? fallback;
  return atLeast(version, '0.3.0') ? current(result) : fromFamilies(result);
}

function current(result: AnyResult): CniResult {
  return {
    interfaces: (result.interfaces ?? []).map(pickInterface),
    ips: (result.ips ?? []).map(({ interface: index, address, gateway }) => ({
      ...(typeof index === 'number' ? { interface: index } : {}),
      address,
      ...(gateway ? { gateway } : {}),
    })),
    routes: (result.routes ?? []).map(pickRoute),
    dns: pickDNS(result.dns),
  };
}

/** 0.1.0 and 0.2.0: one object a family. */
function fromFamilies(result: AnyResult): CniResult {
  const families = [result.ip4, result.ip6].filter((family) => family !== undefined);
  return {
    interfaces: [],
    ips: families.map(({ ip, gateway }) => ({ address: ip, ...(gateway ? { gateway } : {}) })),
    routes: families.flatMap(({ routes }) => routes ?? []).map(pickRoute),
    dns: pickDNS(result.dns),
  };
}

function pickInterface({ name, mac, mtu, sandbox, socketPath, pciID }: ResultInterface): ResultInterface {
  return {
    name,
    ...(mac ? { mac } : {}),
    ...(mtu ? { mtu } : {}),
    ...(sandbox ? { sandbox } : {}),
    ...(socketPath ? { socketPath } : {}),
    ...(pciID ? { pciID } : {}),
  };
}

function pickRoute({ dst, gw, mtu, advmss, priority, table, scope }: ResultRoute): ResultRoute {
  return {
    dst,
    ...(gw ? { gw } : {}),
    ...(mtu ? { mtu } : {}),
    ...(advmss ? { advmss } : {}),
    ...(priority ? { priority } : {}),
    ...(table === undefined ? {} : { table }),
    ...(scope === undefined ? {} : { scope }),
  };
}

function pickDNS(dns: ResultDNS | null | undefined): ResultDNS {
  const { nameservers, domain, search, options } = dns ?? {};
  return {
    ...(nameservers?.length ? { nameservers } : {}),
    ...(domain ? { domain } : {}),
    ...(search?.length ? { search } : {}),
    ...(options?.length ? { options } : {}),
  };
}
