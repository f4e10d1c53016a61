import { expect, it } from 'vitest';
import { keptIpam } from '../../src/plugin/kept-ipam.ts';
import { files } from '../../src/system/files.ts';
import { contextOf } from './call-context.ts';

const kept = { type: 'other', ranges: ['a'], dataDir: '/leases' };
const none = { entry: undefined, addresses: [] };

/** What the plugin reads in a DEL of an attachment whose addresses it gave by `kept`. */
async function inputs(now: object, folders: readonly string[] = ['/bin']): Promise<readonly unknown[]> {
  const context = contextOf('/nowhere', 'net1');
  const { request, config } = context.call;
  const read: unknown[] = [];
  const acting = {
    ...context,
    call: {
      request: { ...request, path: folders },
      config: { ...config, ipamType: 'other', raw: { cniVersion: '1.1.0', ...now } },
    },
    files: { ...files, isProgram: (path: string) => path === '/bin/other' },
    exec: (_: string, __: readonly string[], { input = '' }) => {
      read.push(JSON.parse(input));
      return { code: 0, stdout: '', stderr: '', timedOut: false };
    },
  };
  await keptIpam(acting, kept).del(none);
  return read;
}

it('the plugin gets the configuration of now while its section is the same, however it is written', async () => {
  const now = { name: 'blue', more: 1, ipam: { dataDir: '/leases', ranges: ['a'], type: 'other' } };
  expect(await inputs(now)).toStrictEqual([{ cniVersion: '1.1.0', ...now }]);
});

it.each([{}, { ipam: { type: 'antrea' } }, { ipam: { type: 'other' } }, { ipam: [] }])(
  'it gets its own section, in an old version of CNI, when the network has another: %j',
  async (now) => {
    expect(await inputs(now)).toStrictEqual([{ cniVersion: '0.4.0', name: 'blue', type: 'antrea', ipam: kept }]);
  },
);

it('it is left out where it is not installed any more', async () => {
  expect(await inputs({}, ['/elsewhere'])).toStrictEqual([]);
});
