import fs from 'node:fs';
import type { Exec } from '../../system/exec.ts';
import { Failure, systemCode } from '../../system/failure.ts';
import { addressingOrders, routeOrders, type Addressing } from './addressing.ts';

/** Gives an interface another name; it is down meanwhile, and up afterwards. @throws Failure `wiring` */
export function renameNic(exec: Exec, { name, to, drop }: RenameOptions): void {
  batch(exec, [
    `link set dev ${name} down`,
    ...drop.map((alternative) => `link property del dev ${name} altname ${alternative}`),
    `link set dev ${name} name ${to}`,
    `link set dev ${to} up`,
  ]);
}

export interface RenameOptions {
  readonly name: string;
  readonly to: string;
  /** Alternative names that it loses: another one is going to have them as its name. */
  readonly drop: readonly string[];
}

export function raiseNic(exec: Exec, name: string): void {
  batch(exec, [`link set dev ${name} up`]);
}

/** Takes all addresses but link-local IPv6 ones, and with them their routes. @throws Failure `wiring` */
export function flushNic(exec: Exec, name: string): void {
  must(exec, ['-4', 'address', 'flush', 'dev', name]);
  must(exec, ['-6', 'address', 'flush', 'dev', name, 'scope', 'global']);
}

/**
 * Gives an interface these addresses and routes, and sets it up.
 * @returns what could not be had; routes only
 * @throws Failure `wiring` when an address could not be had
 */
export function addressNic(exec: Exec, name: string, addressing: Addressing): readonly string[] {
  batch(exec, [`link set dev ${name} up`, ...addressingOrders(addressing, name)]);
  return ([4, 6] as const).flatMap((family) => {
    const input = routeOrders(addressing, name, family).join('\n');
    if (input === '') return [];
    const { code, stderr } = exec('ip', [`-${family}`, '-force', '-batch', '-'], { timeout: 10_000, input });
    return code === 0 ? [] : [stderr];
  });
}

/** A setting of IPv6 of this interface; undefined where the kernel has none. */
export function readSetting(name: string, key: string): string | undefined {
  try {
    return fs.readFileSync(setting(name, key), 'utf8').trim();
  } catch {
    return undefined;
  }
}

export function writeSetting(name: string, key: string, value: string): void {
  try {
    fs.writeFileSync(setting(name, key), value);
  } catch (error) {
    // The kernel has no IPv6.
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

function setting(name: string, key: string): string {
  return `/proc/sys/net/ipv6/conf/${name}/${key}`;
}

function batch(exec: Exec, lines: readonly string[]): void {
  must(exec, ['-batch', '-'], lines.join('\n'));
}

function must(exec: Exec, args: readonly string[], input = ''): void {
  const { code, stderr } = exec('ip', args, { timeout: 10_000, input });
  if (code !== 0) throw new Failure('wiring', `ip ${input === '' ? args.join(' ') : `"${input}"`} fails: ${stderr}`);
}
