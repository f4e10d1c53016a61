import { isJsonObject } from '../../config/json.ts';
import type { Exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';

/** The Node's end of a Pod's interface. */
export interface HostLinkState {
  readonly mtu: number;
  /** As it is administered: whether the other end is up, too, does not matter. */
  readonly up: boolean;
}

/** All veth interfaces of this network namespace, by name. @throws Failure `io` */
export function readHostLinks(exec: Exec): ReadonlyMap<string, HostLinkState> {
  const { stdout, stderr, code } = exec('ip', ['-json', 'link', 'show', 'type', 'veth'], { timeout: 5000 });
  if (code !== 0) throw new Failure('io', `ip link show fails: ${stderr}`);
  const links: unknown = stdout.trim() === '' ? [] : parse(stdout);
  if (!Array.isArray(links)) throw new Failure('io', 'ip printed something that is no JSON: expected a list of links');
  return new Map(
    links.filter(isJsonObject).map(({ ifname, mtu, flags }) => {
      return [String(ifname), { mtu: Number(mtu), up: Array.isArray(flags) && flags.includes('UP') }];
    }),
  );
}

/** Administers them. One that is gone does not keep the others. @returns what `ip` has said; empty when nothing is wrong */
export function writeHostLinks(exec: Exec, links: ReadonlyMap<string, HostLinkState>): string {
  const orders = [...links].map(([name, { mtu, up }]) => `link set dev ${name} mtu ${mtu} ${up ? 'up' : 'down'}\n`);
  return exec('ip', ['-force', '-batch', '-'], { input: orders.join(''), timeout: 10_000 }).stderr.trim();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure('io', `ip printed something that is no JSON: ${text.slice(0, 200)}`, { cause });
  }
}
