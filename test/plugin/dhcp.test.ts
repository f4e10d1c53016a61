import { expect, it } from 'vitest';
import { missingDhcpDaemon, refuseMissingDhcpDaemon } from '../../src/plugin/dhcp.ts';
import { failureOf } from '../failure-of.ts';

const standard = '/run/cni/dhcp.sock';
const there = (...paths: readonly string[]) => ({ exists: (path: string) => paths.includes(path) });

it.each([
  { ipam: { type: 'dhcp' }, files: there(), missing: standard },
  { ipam: { type: 'dhcp' }, files: there(standard), missing: undefined },
  { ipam: { type: 'dhcp', daemonSocketPath: '/x' }, files: there(standard), missing: '/x' },
  { ipam: { type: 'dhcp', daemonSocketPath: '/x' }, files: there('/x'), missing: undefined },
  { ipam: { type: 'dhcp', daemonSocketPath: '' }, files: there(), missing: standard },
  { ipam: { type: 'static' }, files: there(), missing: undefined },
  { ipam: 'dhcp', files: there(), missing: undefined },
  { ipam: undefined, files: there(), missing: undefined },
])('of $ipam, the daemon whose socket is missing: $missing', ({ ipam, files, missing }) => {
  expect(missingDhcpDaemon(files, { ipam })).toBe(missing);
});

it('a network whose addresses come from a daemon that does not run is refused', () => {
  expect(failureOf(() => refuseMissingDhcpDaemon(there(), { ipam: { type: 'dhcp' } }))).toBe(
    `unavailable: ipam.type "dhcp" needs its daemon, and this Node has no socket ${standard}`,
  );
});
