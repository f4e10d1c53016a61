/**
 * The result of ADD, in the shape of CNI 1.1.0 (section 5, "Result Types"), whatever version the call is made in.
 * Conversions are in result-parse.ts and result-print.ts.
 */
export interface CniResult {
  readonly interfaces: readonly ResultInterface[];
  readonly ips: readonly ResultIP[];
  readonly routes: readonly ResultRoute[];
  readonly dns: ResultDNS;
}

export interface ResultInterface {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** Path of the netns; absent for an interface of the host. */
  readonly sandbox?: string;
  readonly socketPath?: string;
  readonly pciID?: string;
}

export interface ResultIP {
  /** Index into `interfaces`. */
  readonly interface?: number;
  /** With prefix length; host bits are kept: `10.1.0.5/16`. */
  readonly address: string;
  readonly gateway?: string;
}

export interface ResultRoute {
  readonly dst: string;
  readonly gw?: string;
  readonly mtu?: number;
  readonly advmss?: number;
  /** Metric. */
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

export interface ResultDNS {
  readonly nameservers?: readonly string[];
  readonly domain?: string;
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}
