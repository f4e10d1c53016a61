import type { Call } from '../cni/dispatch.ts';
import type { CniResult, ResultIP } from '../cni/result.ts';
import type { Attachment } from '../net/attach.ts';
import type { Assignment } from './ipam-source.ts';

/** The result so far, if the runtime has chained us after others, with what we have added. */
export function addResult(
  { request, config: { prevResult: previous } }: Call,
  { host, link }: Attachment,
  assignment: Assignment,
): CniResult {
  const interfaces = previous?.interfaces ?? [];
  const ips = assignment.ips.map((ip): ResultIP => ({ ...ip, interface: interfaces.length + 1 }));
  return {
    interfaces: [
      ...interfaces,
      { name: host.name, mac: host.mac, mtu: link.mtu },
      { name: link.name, mac: link.mac, mtu: link.mtu, sandbox: request.netns },
    ],
    ips: [...(previous?.ips ?? []), ...ips],
    routes: [...(previous?.routes ?? []), ...assignment.routes],
    dns: Object.keys(assignment.dns).length > 0 ? assignment.dns : (previous?.dns ?? {}),
  };
}
