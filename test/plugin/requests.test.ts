import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/cni/dispatch.ts';
import { readEnvironment } from '../../src/cni/environment.ts';
import { readNetworkConfig } from '../../src/cni/network-config.ts';
import { requestedIPs, requestedMAC } from '../../src/plugin/requests.ts';
import { failureOf } from '../failure-of.ts';

function asking(conf: object, args = ''): Call {
  const env = {
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: 'c',
    CNI_NETNS: '/n',
    CNI_IFNAME: 'net1',
    CNI_PATH: '/p',
    CNI_ARGS: args,
  };
  return {
    request: readEnvironment(env),
    config: readNetworkConfig('ADD', { cniVersion: '1.0.0', name: 'n', ...conf }),
  };
}

const first = { runtimeConfig: { ips: ['10.0.0.1'], mac: '02:00:00:00:00:01' } };
const second = { args: { cni: { ips: ['10.0.0.2'], mac: '02:00:00:00:00:02' } } };
const third = 'IP=10.0.0.3, fd00::3/64;MAC=02:00:00:00:00:03';

describe('what is asked for', () => {
  it.each([
    { conf: { ...first, ...second }, args: third, key: 'runtimeConfig.ips', value: ['10.0.0.1'] },
    { conf: second, args: third, key: 'args.cni.ips', value: ['10.0.0.2'] },
    { conf: {}, args: third, key: 'CNI_ARGS IP', value: ['10.0.0.3', 'fd00::3/64'] },
    { conf: { runtimeConfig: { ips: [] }, ...second }, args: third, key: 'args.cni.ips', value: ['10.0.0.2'] },
    { conf: { runtimeConfig: { ips: null } }, args: third, key: 'CNI_ARGS IP', value: ['10.0.0.3', 'fd00::3/64'] },
  ])('addresses of $key go first', ({ conf, args, key, value }) => {
    expect(requestedIPs(asking(conf, args))).toStrictEqual({ key, value });
  });

  it.each([
    [{}, ''],
    [{}, 'IP=,'],
    [{ runtimeConfig: 5, args: null }, ''],
  ] as const)('%j %s asks for none', (conf, args) => {
    expect(requestedIPs(asking(conf, args))).toBeUndefined();
  });

  it.each(['10.0.0.1', { a: 1 }, [5], Array.from({ length: 17 }, () => '10.0.0.1')])(
    'addresses %j are refused',
    (ips) => {
      expect(failureOf(() => requestedIPs(asking({ runtimeConfig: { ips } })))).toBe(
        'config: runtimeConfig.ips is not a list of at most 16 addresses',
      );
    },
  );

  it.each([
    { conf: { ...first, ...second }, args: third, mac: '02:00:00:00:00:01' },
    { conf: second, args: third, mac: '02:00:00:00:00:02' },
    { conf: {}, args: third, mac: '02:00:00:00:00:03' },
    { conf: {}, args: '', mac: '02:00:00:00:00:0f' },
  ])('the MAC address is $mac', ({ conf, args, mac }) => {
    expect(requestedMAC(asking(conf, args), '02:00:00:00:00:0F')).toBe(mac);
  });

  it('no MAC address is asked for by nobody', () => {
    expect(requestedMAC(asking({ runtimeConfig: { mac: '' } }), undefined)).toBeUndefined();
  });

  it.each([
    '02:42:ac:11:00',
    '02-42-ac-11-00-02',
    '02:42:ac:11:00:0g',
    'x',
    5,
    '01:00:5e:00:00:01',
    '00:00:00:00:00:00',
  ])('the MAC address %j is refused', (mac) => {
    expect(failureOf(() => requestedMAC(asking({ runtimeConfig: { mac } }), undefined))).toMatch(
      /^config: runtimeConfig\.mac /u,
    );
  });
});
