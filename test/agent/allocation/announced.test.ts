import { describe, expect, it } from 'vitest';
import { readAnnounced } from '../../../src/agent/allocation/announced.ts';
import { addEnvironment } from '../../cni/add-environment.ts';

const env = addEnvironment('IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_UID=u1');
const config = { cniVersion: '1.0.0', name: 'blue', type: 'antrea', ipam: { type: 'antrea', ippools: ['a', 'b'] } };

const read = (call: { type?: string; env?: object; config?: unknown }) => {
  const { type = 'antrea', env: more = {}, config: given = config } = call;
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return readAnnounced({ type, env: { ...env, ...more }, config: text }, 'node-1');
};

describe('a call that was announced', () => {
  it('wants the next address of each pool, for its interface', () => {
    const pod = { namespace: 'shop', name: 'web', uid: 'u1', containerID: 'c1', ifName: 'net1', node: 'node-1' };
    expect(read({})).toStrictEqual({ pools: ['a', 'b'], owner: { network: 'blue', pod } });
  });

  it('may be for the addresses of another plugin’s interface', () => {
    expect(read({ config: { ...config, type: 'macvlan' } })?.pools).toStrictEqual(['a', 'b']);
  });

  it.each([
    ['another IPAM', { config: { ...config, ipam: { type: 'host-local' } } }],
    ['none', { config: { ...config, ipam: undefined } }],
    ['an executable of another name', { type: 'antrea-2' }],
    ['a DEL', { env: { CNI_COMMAND: 'DEL' } }],
    ['a static address', { config: { ...config, ipam: { ...config.ipam, addresses: [{ address: '10.0.0.5/24' }] } } }],
    ['an address that the runtime asks for', { config: { ...config, runtimeConfig: { ips: ['10.0.0.5'] } } }],
    ['an address that the Pod asks for', { config: { ...config, args: { cni: { ips: ['10.0.0.5'] } } } }],
    ['an address in CNI_ARGS', { env: { CNI_ARGS: 'IP=10.0.0.5' } }],
    ['no pools', { config: { ...config, ipam: { type: 'antrea' } } }],
    ['a pool that is a path', { config: { ...config, ipam: { type: 'antrea', ippools: ['../a'] } } }],
    ['a pool that is a number', { config: { ...config, ipam: { type: 'antrea', ippools: [1] } } }],
    [
      'more pools than an interface may have',
      { config: { ...config, ipam: { type: 'antrea', ippools: manyPools() } } },
    ],
    ['a container without a name', { env: { CNI_CONTAINERID: '' } }],
    ['a container whose name is a path', { env: { CNI_CONTAINERID: '../c' } }],
    ['a network without a name', { config: { ...config, name: '' } }],
    ['no JSON', { config: '{"name":' }],
    ['a list', { config: '[]' }],
  ])('is left to the plugin when it is about %s', (_what, call) => {
    expect(read(call)).toBeUndefined();
  });
});

function manyPools(): readonly string[] {
  return Array.from({ length: 17 }, (_, index) => `p${index}`);
}
