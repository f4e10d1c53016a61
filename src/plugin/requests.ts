import type { Call } from '../cni/dispatch.ts';
import { isJsonObject, type JsonObject } from '../config/json.ts';
import { Failure } from '../system/failure.ts';

/** A value that the runtime or the Pod asks for, and the key that it stands in. */
export interface Request<T> {
  readonly value: T;
  readonly key: string;
}

/**
 * The addresses that are asked for: runtimeConfig.ips goes before args.cni.ips, and that before the IP of CNI_ARGS.
 * @throws Failure `config`
 */
export function requestedIPs({ request, config }: Call): Request<readonly string[]> | undefined {
  const fromArgs = request.args.IP?.split(',').map((ip) => ip.trim());
  const candidates: readonly Request<readonly string[] | undefined>[] = [
    { key: 'runtimeConfig.ips', value: texts(section(config.raw, 'runtimeConfig')['ips'], 'runtimeConfig.ips') },
    { key: 'args.cni.ips', value: texts(section(section(config.raw, 'args'), 'cni')['ips'], 'args.cni.ips') },
    { key: 'CNI_ARGS IP', value: fromArgs?.filter((ip) => ip !== '') },
  ];
  for (const { key, value } of candidates) if (value !== undefined && value.length > 0) return { key, value };
  return undefined;
}

/**
 * The MAC address that is asked for, in lower case; the network's own `mac` comes last.
 * @throws Failure `config` when it is not a unicast MAC address
 */
export function requestedMAC({ request, config }: Call, fallback: string | undefined): string | undefined {
  const candidates: readonly Request<unknown>[] = [
    { key: 'runtimeConfig.mac', value: section(config.raw, 'runtimeConfig')['mac'] },
    { key: 'args.cni.mac', value: section(section(config.raw, 'args'), 'cni')['mac'] },
    { key: 'CNI_ARGS MAC', value: request.args.MAC },
    { key: 'mac', value: fallback },
  ];
  const asked = candidates.find(({ value }) => value !== undefined && value !== null && value !== '');
  return asked && checkMAC(asked);
}

function checkMAC({ key, value }: Request<unknown>): string {
  const mac = typeof value === 'string' ? value.toLowerCase() : '';
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) {
    throw new Failure(
      'config',
      `${key} ${JSON.stringify(value)?.slice(0, 60)} is not a MAC address such as 02:42:ac:11:00:02`,
    );
  }
  const multicast = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  if (!multicast && mac !== '00:00:00:00:00:00') return mac;
  throw new Failure(
    'config',
    `${key} ${mac} is a ${multicast ? 'multicast' : 'null'} address: an interface needs a unicast one`,
  );
}

function section(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}

function texts(value: unknown, key: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length <= 16 && value.every((item) => typeof item === 'string')) return value;
  throw new Failure('config', `${key} is not a list of at most 16 addresses`);
}
