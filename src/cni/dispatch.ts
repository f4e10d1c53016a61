import type { JsonObject } from '../config/json.ts';
import { Failure } from '../system/failure.ts';
import { readEnvironment, type CniRequest, type Environment } from './environment.ts';
import { errorObject } from './errors.ts';
import { parseStdin, readNetworkConfig, versionOf, type NetworkConfig } from './network-config.ts';
import { resultObject } from './result-print.ts';
import type { CniResult } from './result.ts';
import { currentVersion, supportedVersions } from './version.ts';

/** One call of the plugin, checked as far as the protocol goes. */
export interface Call {
  readonly request: CniRequest;
  readonly config: NetworkConfig;
}

export interface Verbs {
  add(): Promise<CniResult>;
  del(): Promise<void>;
  check(): Promise<void>;
  gc(): Promise<void>;
  status(): Promise<void>;
}

/** The process around the call. */
export interface Caller {
  readonly env: Environment;
  readStdin(): Buffer;
  writeStdout(text: string): void;
  writeStderr(text: string): void;
  /** Whether the path names the network namespace that we run in; false when it cannot be opened. */
  isOwnNetns(path: string): boolean;
}

/**
 * Speaks the CNI protocol: reads the call, runs the verb, prints the result or the error on stdout.
 * @returns the exit code, 0 or 1
 */
export async function dispatch(caller: Caller, verbsOf: (call: Call) => Verbs): Promise<number> {
  if (caller.env['CNI_COMMAND'] === '') return about(caller);
  let version: string = currentVersion;
  try {
    const request = readEnvironment(caller.env);
    if (request.command === 'VERSION') {
      print(caller, { cniVersion: currentVersion, supportedVersions });
      return 0;
    }
    const raw = readStdin(caller);
    version = printableVersion(raw);
    const config = readNetworkConfig(request.command, raw);
    await runOutsideOwnNetns(caller, { request, config }, verbsOf);
    return 0;
  } catch (error) {
    print(caller, errorObject(error, version));
    return 1;
  }
}

/**
 * Before ADD; after DEL, as libcni's skeleton: the process whose netns it was may have ended, and one of the host have its
 * number. Then there is no netns any more, and in our own nobody may delete anything.
 */
async function runOutsideOwnNetns(caller: Caller, call: Call, verbsOf: (call: Call) => Verbs): Promise<void> {
  const { request } = call;
  if (!namesOwnNetns(caller, request)) return run(caller, verbsOf(call), call);
  if (request.command === 'DEL') await verbsOf({ ...call, request: { ...request, netns: '' } }).del();
  throw new Failure('netns', `CNI_NETNS ${request.netns} is the network namespace that the plugin itself runs in`, {
    details: 'set CNI_NETNS_OVERRIDE=1 if that is meant',
  });
}

async function run(caller: Caller, verbs: Verbs, { request, config }: Call): Promise<void> {
  switch (request.command) {
    case 'ADD':
      // Printed last: what cannot be expressed in the caller's version has been found out before anything was made.
      print(caller, resultObject(await verbs.add(), config.cniVersion));
      return;
    case 'DEL':
      return verbs.del();
    case 'CHECK':
      return verbs.check();
    case 'GC':
      return verbs.gc();
    case 'STATUS':
      return verbs.status();
    case 'VERSION':
  }
}

function about(caller: Caller): number {
  caller.writeStderr(
    `CNI plugin antrea: VLAN networks on Open vSwitch, and IPAM\nCNI protocol versions supported: ${supportedVersions.join(', ')}\n`,
  );
  return 0;
}

function readStdin(caller: Caller): JsonObject {
  let bytes: Buffer;
  try {
    bytes = caller.readStdin();
  } catch (cause) {
    throw new Failure('io', 'the network configuration cannot be read from stdin', { cause });
  }
  return parseStdin(bytes);
}

function printableVersion(raw: JsonObject): string {
  const version = versionOf(raw);
  return supportedVersions.find((known) => known === version) ?? currentVersion;
}

function namesOwnNetns(caller: Caller, { command, netns, netnsOverride }: CniRequest): boolean {
  return ['ADD', 'DEL'].includes(command) && !netnsOverride && netns !== '' && caller.isOwnNetns(netns);
}

function print(caller: Caller, object: object): void {
  caller.writeStdout(`${JSON.stringify(object)}\n`);
}
