import { describe, expect, it } from 'vitest';
import { parseNetworks } from '../../src/multinet/annotation.ts';
import { pluginConfigs } from '../../src/multinet/plugin-config.ts';
import type { JsonObject } from '../../src/system/json-object.ts';
import { failureOf } from '../failure-of.ts';

function configs(asked: JsonObject, ...plugins: readonly JsonObject[]): readonly JsonObject[] {
  const [selection] = parseNetworks(JSON.stringify([{ name: 'a', ...asked }]), 'team');
  if (selection === undefined) throw new Error('no network');
  const network = { name: 'blue', plugins };
  return pluginConfigs({ network, selection, cniVersion: '1.0.0', isOurs: ({ type }) => type === 'antrea' });
}

const bare = { cniVersion: '1.0.0', name: 'blue' };

describe('what a plugin of a network gets', () => {
  it('is its own configuration, with the name and the version of the network', () => {
    expect(configs({}, { type: 'macvlan', master: 'eth1' })).toStrictEqual([
      { type: 'macvlan', master: 'eth1', ...bare },
    ]);
  });

  it('is nothing that only a runtime may say', () => {
    const hostile = { type: 'macvlan', prevResult: { ips: [] }, runtimeConfig: { mac: 'x' }, name: 'cbr0' };
    expect(configs({}, hostile)).toStrictEqual([{ type: 'macvlan', ...bare }]);
  });

  it('is what the Pod asks for, where the plugin declares that it can do it', () => {
    const capabilities = { portMappings: true, bandwidth: false };
    const portMappings = [{ hostPort: 8080, containerPort: 80 }];
    expect(configs({ portMappings }, { type: 'bridge' }, { type: 'portmap', capabilities })).toStrictEqual([
      { type: 'bridge', ...bare },
      { type: 'portmap', capabilities, ...bare, runtimeConfig: { portMappings } },
    ]);
  });

  it.each([
    [{ bandwidth: { ingressRate: 1 } }, 'bandwidth'],
    [{ deviceID: '0000:00:1f.6' }, 'deviceID'],
    [{ 'infiniband-guid': 'c2:11:22:33:44:55:66:77' }, 'infinibandGUID'],
  ])('is an error when none can do %j', (asked, key) => {
    const message = `config: the Pod asks for ${key}, and no plugin of the network declares it`;
    expect(failureOf(() => configs(asked, { type: 'macvlan' }))).toContain(message);
    expect(failureOf(() => configs(asked, { type: 'antrea' }))).toContain(message);
  });

  it('is addresses, of which every IPAM plugin reads one form', () => {
    const ips = ['10.0.0.5/24'];
    expect(configs({ ips }, { type: 'macvlan' })[0]).toHaveProperty('args', { cni: { ips } });
    expect(configs({ ips }, { type: 'macvlan', capabilities: { ips: true } })[0]).toMatchObject({
      runtimeConfig: { ips },
    });
    expect(configs({ ips, mac: '02:00:00:00:00:01' }, { type: 'antrea' })).toStrictEqual([
      { type: 'antrea', ...bare, runtimeConfig: { ips, mac: '02:00:00:00:00:01' } },
    ]);
  });

  it('is the arguments of the Pod, over those of the network', () => {
    const plugin = { type: 'macvlan', args: { cni: { a: 1, b: 1 }, other: true } };
    expect(configs({ 'cni-args': { b: 2 } }, plugin, { type: 'tuning' })).toStrictEqual([
      { type: 'macvlan', ...bare, args: { cni: { a: 1, b: 2 }, other: true } },
      { type: 'tuning', ...bare, args: { cni: { b: 2 } } },
    ]);
  });
});
