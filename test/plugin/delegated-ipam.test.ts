import { expect, it } from 'vitest';
import { delegatedIpam } from '../../src/plugin/delegated-ipam.ts';
import { files } from '../../src/system/files.ts';
import { failureOf } from '../kube/failure-of.ts';
import { contextOf } from './call-context.ts';

const gateway = '10.0.0.1';

/** IPAM by a plugin that gives an address, its gateway and these routes. */
function ipamWith(routes: readonly object[]) {
  const context = contextOf('/nowhere', 'net1');
  const { request, config } = context.call;
  const answer = { cniVersion: '1.0.0', ips: [{ address: '10.0.0.5/24', gateway }], routes };
  return delegatedIpam({
    ...context,
    call: {
      request: { ...request, command: 'ADD', path: ['/bin'] },
      config: { ...config, ipamType: 'other', raw: { ipam: { type: 'other' } } },
    },
    files: { ...files, isProgram: () => true },
    exec: () => ({ code: 0, stdout: JSON.stringify(answer), stderr: '', timedOut: false }),
  });
}

it('a route that another IPAM plugin gives twice is one, also where only one of both names the gateway', async () => {
  const { routes } = await ipamWith([
    { dst: '10.9.0.0/16' },
    { dst: '10.9.0.0/16' },
    { dst: '10.9.0.0/16', gw: gateway },
    { dst: '10.8.0.0/16' },
  ]).add([]);
  expect(routes).toStrictEqual([{ dst: '10.9.0.0/16' }, { dst: '10.8.0.0/16' }]);
});

it('a section that the journal would have to keep in hundreds of kilobytes is refused before anything is kept', () => {
  const context = contextOf('/nowhere', 'net1');
  const raw = { ipam: { type: 'other', note: 'x'.repeat(70_000) } };
  const ipam = delegatedIpam({ ...context, call: { ...context.call, config: { ...context.call.config, raw } } });
  expect(() => ipam.refuse()).toThrow('ipam is larger than 65536 bytes');
});

it('a route that it gives with two values of MTU is refused, and not as a mistake of the network', async () => {
  const ipam = ipamWith([
    { dst: '10.9.0.0/16', mtu: 1400 },
    { dst: '10.9.0.0/16', mtu: 1300 },
  ]);
  expect(await failureOf(ipam.add([]))).toMatchObject({ kind: 'ipam' });
});
