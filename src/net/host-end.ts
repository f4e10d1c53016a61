import type { Exec } from '../system/exec.ts';
import { Failure } from '../system/failure.ts';
import type { Files } from '../system/files.ts';
import type { HostLink } from './ip-orders.ts';

export interface HostEndMeans {
  readonly exec: Exec;
  readonly files: Pick<Files, 'set'>;
}

/** Beyond what the kernel does in milliseconds. */
const timeout = 10_000;

/**
 * Says of the host's end what cannot be said when a link is made. It gets no IPv6 address: hundreds of ports would flood
 * each other with MLD. It has none yet, for its carrier is to come; and below an MTU of 1280 a link has no IPv6 at all
 * (RFC 8200, section 5), and no such file.
 * @throws Failure `wiring`
 */
export function finishHostEnd({ exec, files }: HostEndMeans, { name, alias }: HostLink): void {
  files.set(`/proc/sys/net/ipv6/conf/${name}/addr_gen_mode`, noAddress);
  // In a container, /sys may be that of another netns, or read-only.
  if (files.set(`/sys/class/net/${name}/ifalias`, alias)) return;
  const { code, stderr } = exec('ip', ['link', 'set', 'dev', name, 'alias', alias], { timeout });
  if (code !== 0) throw new Failure('wiring', `the link ${name} gets no alias: ${stderr}`);
}

/** IN6_ADDR_GEN_MODE_NONE. */
const noAddress = '1';
