import { delegate, findPlugin } from '../cni/delegate.ts';
import type { Command } from '../cni/environment.ts';
import { parseResult } from '../cni/result-parse.ts';
import type { CniResult, ResultIP } from '../cni/result.ts';
import { atLeast } from '../cni/version.ts';
import type { JsonObject } from '../config/json.ts';
import { formatAddress } from '../ipam/address.ts';
import { formatPrefix } from '../ipam/prefix.ts';
import type { Exec } from '../system/exec.ts';
import { Failure, messageOf } from '../system/failure.ts';
import { checkedAddress, checkedPrefix, checkedRoute, type Source } from './checked-addresses.ts';
import type { Context } from './context.ts';
import { markOf } from './marks.ts';
import { missingDhcpDaemon, refuseMissingDhcpDaemon } from './dhcp.ts';
import type { IpamSource } from './ipam-source.ts';
import { refuseNodePaths } from './node-paths.ts';
import { distinctRoutes } from './routes.ts';

/** IPAM by another plugin (host-local, static, dhcp, …), as with the reference plugins. */
export function delegatedIpam(context: Context): IpamSource {
  const { config } = context.call;
  const run = (command: Command): JsonObject | undefined => runPlugin(context, command);
  let asked = false;
  return {
    pools: [],
    held: async () => [],
    refuse: () => refuseUnusable(context),
    add: async () => {
      asked = true;
      const { ips, routes, dns } = addResult(context, run('ADD'));
      return { ips, routes, dns, vlan: undefined, held: [] };
    },
    undo: async () => void (asked && run('DEL')),
    del: async ({ entry, addresses }) => {
      // Its leases are gone with it.
      if (missingDhcpDaemon(context.files, config.raw) !== undefined) return;
      const isKnown = entry !== undefined || addresses.length > 0;
      if (isKnown || isUsable(context)) run('DEL');
    },
    check: async () => void run('CHECK'),
    vlan: async () => undefined,
    status: async () => void run('STATUS'),
    gc: async () => void (atLeast(config.cniVersion, '1.1.0') && run('GC')),
  };
}

/** @throws Failure when the plugin cannot be run with this configuration */
function refuseUnusable(context: Context): void {
  const { files, call } = context;
  refusePaths(context);
  refuseLarge(call.config.raw['ipam']);
  findPlugin({ files }, { plugin: call.config.ipamType, request: call.request });
  refuseMissingDhcpDaemon(files, call.config.raw);
}

/** Bytes, as of a whole network without Multus (src/multinet/nad.ts): the journal keeps it while the Pod runs. */
const largest = 64 * 1024;

function refuseLarge(ipam: unknown): void {
  if (Buffer.byteLength(JSON.stringify(ipam)) > largest)
    throw new Failure('decode', `ipam is larger than ${largest} bytes`);
}

/** When it is not, no ADD can have got an address: a Pod with a mistake in its network's ipam can still be deleted. */
function isUsable(context: Context): boolean {
  try {
    refuseUnusable(context);
    return true;
  } catch (error) {
    context.log('warn', 'DEL leaves the IPAM plugin out', { error: messageOf(error) });
    return false;
  }
}

function runPlugin(context: Context, command: Command): JsonObject | undefined {
  const { call, files, deadline } = context;
  const { request, config } = call;
  refusePaths(context);
  const exec: Exec = (file, args, options) =>
    context.exec(file, args, { ...options, env: { ...options.env, ...markOf(request) } });
  return delegate(
    { exec, files },
    {
      plugin: config.ipamType,
      command,
      request,
      stdin: config.raw,
      remaining: deadline.remaining(),
    },
  );
}

/** What another plugin prints is as untrusted as a configuration: its texts go into commands. */
function addResult({ call: { config } }: Context, output: JsonObject | undefined): Omit<CniResult, 'interfaces'> {
  const what = `the result of the IPAM plugin ${config.ipamType}`;
  const { ips, routes, dns } = asIpam(() => parseResult(output ?? {}, config.cniVersion, what));
  if (ips.length === 0) throw new Failure('ipam', `${what} has no address`);
  const addresses = ips.map((ip, index) => checkedIP(ip, { key: `${what}: ips[${index}]`, kind: 'ipam' }));
  const checked = routes.map((route, index) => checkedRoute(route, { key: `${what}: routes[${index}]`, kind: 'ipam' }));
  return { ips: addresses, routes: asIpam(() => distinctRoutes(checked, addresses)), dns };
}

/** What is wrong with a result is no mistake of the network's. */
function asIpam<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Failure ? new Failure('ipam', error.message, { cause: error }) : error;
  }
}

function checkedIP({ address, gateway }: ResultIP, { key, kind }: Source): ResultIP {
  return {
    address: formatPrefix(checkedPrefix(address, { key: `${key}.address`, kind })),
    ...(gateway !== undefined && {
      gateway: formatAddress(checkedAddress(gateway, { key: `${key}.gateway`, kind })),
    }),
  };
}

function refusePaths({ call: { config }, settings }: Context): void {
  refuseNodePaths(settings, config.raw['ipam'], 'ipam');
}
