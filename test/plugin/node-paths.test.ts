import { describe, expect, it } from 'vitest';
import { refuseNodePaths } from '../../src/plugin/node-paths.ts';
import { failureOf } from '../failure-of.ts';

const refusal = (value: unknown): string => failureOf(() => refuseNodePaths({ allowPaths: false }, value, ''));

describe('a configuration of another plugin that names a file of the Node', () => {
  it.each([
    [{ ipam: { dataDir: 'leases' } }, 'ipam.dataDir'],
    [{ ipam: { DATADIR: 'leases' } }, 'ipam.DATADIR'],
    // Go takes these letters for "s" and "k".
    [{ ipam: { 'daemon\u017FocketPath': 'dhcp.sock' } }, 'ipam.daemon\u017FocketPath'],
    [{ '\u212Aernelpath': 'x' }, '\u212Aernelpath'],
    [{ ipam: { rangeSets: [[{ subnet: '/etc/passwd' }]] } }, 'ipam.rangeSets[0][0].subnet "/etc/passwd"'],
    [{ logLevel: '../../etc' }, 'logLevel "../../etc"'],
    [{ api: 'HTTPS://example.com' }, 'api "HTTPS://example.com"'],
  ])('is refused: %j', (value, named) => {
    expect(refusal(value)).toBe(`unsupported: ${named} names a file or a socket of the Node, which a network may not`);
  });

  it('is taken where the Node file has allowPaths', () => {
    expect(() => refuseNodePaths({ allowPaths: true }, { dataDir: '/var/x' }, '')).not.toThrow();
  });

  it.each([[{ master: 'eth1', ipam: { subnet: '10.0.0.0/24', ranges: [['fd00::/64']] } }], [{ x: null, y: 7 }]])(
    'is not what this is: %j',
    (value) => {
      expect(() => refuseNodePaths({ allowPaths: false }, value, '')).not.toThrow();
    },
  );
});
