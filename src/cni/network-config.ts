import { Failure } from '../system/failure.ts';
import type { Command } from './environment.ts';
import { isJsonObject, parseJsonObject, type JsonObject } from '../config/json.ts';
import { parseResult } from './result-parse.ts';
import type { CniResult } from './result.ts';
import { readVersion, type CniVersion } from './version.ts';

/** The part of the configuration that the protocol defines (CNI spec 1.1.0, section 1); `raw` is all of it, unread. */
export interface NetworkConfig {
  readonly cniVersion: CniVersion;
  /** Name of the network: "this network" of GC. */
  readonly name: string;
  /** The plugin that the runtime meant to call; empty when it names none. */
  readonly type: string;
  /** `ipam.type`; empty when there is no IPAM. */
  readonly ipamType: string;
  readonly prevResult: CniResult | undefined;
  readonly raw: JsonObject;
}

/** As much of a configuration as an error report needs: the version that the caller speaks. */
export function versionOf(raw: JsonObject): string {
  const version = raw['cniVersion'];
  if (version === undefined || version === null || version === '') return '0.1.0';
  if (typeof version !== 'string')
    throw new Failure(
      'decode',
      `cniVersion ${JSON.stringify(version).slice(0, 40)} is not a string: expected one such as "1.1.0"`,
    );
  return version;
}

/** @throws Failure `decode` */
export function parseStdin(stdin: Buffer): JsonObject {
  return parseJsonObject(stdin, 'the network configuration on stdin');
}

/** @throws Failure `config`, `decode` or `incompatible` */
export function readNetworkConfig(command: Command, raw: JsonObject): NetworkConfig {
  const name = readName(raw['name']);
  const cniVersion = readVersion(command, versionOf(raw));
  const read = command === 'DEL' ? undefinedIfMalformed : strictly;
  return {
    cniVersion,
    name,
    type: textKey(raw, 'type'),
    ipamType: read(() => readIpamType(raw['ipam'])) ?? '',
    prevResult: read(() => readPrevResult(raw['prevResult'], cniVersion)),
    raw,
  };
}

/** A Pod whose configuration ADD has refused must not hang in its deletion. */
function undefinedIfMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function strictly<T>(read: () => T): T {
  return read();
}

function readName(name: unknown): string {
  if (name === undefined || name === '') throw new Failure('config', 'the key name is missing: it names the network');
  if (typeof name === 'string' && name.length <= 253 && /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return name;
  throw new Failure(
    'config',
    `name ${JSON.stringify(name)?.slice(0, 80)} is not a network name: a letter or digit, then letters, digits, ".", "_" or "-"`,
  );
}

function readIpamType(ipam: unknown): string {
  if (ipam === undefined || ipam === null) return '';
  if (!isJsonObject(ipam)) throw new Failure('config', 'ipam is not an object');
  const type = textKey(ipam, 'type', 'ipam.type');
  if (type === '' && Object.keys(ipam).length > 0) throw new Failure('config', 'the key ipam.type is missing');
  return type;
}

function textKey(object: JsonObject, key: string, shownAs = key): string {
  const value = object[key] ?? '';
  if (typeof value !== 'string') throw new Failure('config', `${shownAs} is not a string`);
  return value;
}

function readPrevResult(value: unknown, configVersion: CniVersion): CniResult | undefined {
  return value === undefined || value === null ? undefined : parseResult(value, configVersion, 'prevResult');
}
