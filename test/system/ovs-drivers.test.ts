import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewPort, OvsDriver } from '../../src/net/ovs/driver.ts';
import { aboutPort } from '../../src/net/ovs/failures.ts';
import { openOvs } from '../../src/net/ovs/open.ts';
import { exec } from '../../src/system/exec.ts';
import { pause } from '../../src/system/time.ts';
import { rejectionOf } from '../failure-of.ts';
import { resultOf, succeeded } from '../fixture/outcome.ts';
import { uniqueName } from '../fixture/unique.ts';
import { attachment, hostInterfaceOf, ipam, network, noTraces, startBed, type Bed } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyPools({ name: 'four', ranges: ['10.10.1.10-10.10.1.250'], gateway: '10.10.1.1', vlan: 100 });
});
afterAll(() => bed.stop());

const owner = {
  containerID: 'c1',
  ifname: 'net1',
  network: 'vlan 100',
  podNamespace: 'shop',
  podName: '',
  netns: `/a",b='c]\\ é ☃ {}`,
  mac: '02:00:00:00:00:01',
  addresses: '10.0.0.5,fd00::5',
};

/** An interface that ovs-vswitchd sees, and the port to be. */
async function newPort(more: Partial<NewPort> = {}): Promise<NewPort> {
  const link = uniqueName('av');
  await bed.node.netns.exec('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', uniqueName('p'));
  return { name: link, bridge: bed.node.bridge, vlans: { mode: 'access', tag: 100 }, owner, ...more };
}

/** Milliseconds: what is told is not how fast it goes, on a machine that does other things, too. */
const patience = 60_000;

// The same of both ways to tell Open vSwitch what to do.
describe.each(['ovsdb', 'ovs-vsctl'] as const)('%s', (name) => {
  let driver: OvsDriver;
  beforeAll(() => {
    const database = bed.node.ovs.socket;
    driver = openOvs(name, { exec, database, timeout: () => patience, remaining: () => 2 * patience, pause, mark: {} });
  });

  async function add(ports: readonly NewPort[]): Promise<void> {
    const bridges = [...new Set(ports.map(({ bridge }) => bridge))];
    await driver.addPorts({ bridges, ports: async () => ports }).catch((error: unknown) => {
      throw aboutPort(ports, error);
    });
  }

  it.each<{ vlans: NewPort['vlans']; tag: number | undefined; trunks: readonly number[] }>([
    { vlans: { mode: 'access', tag: 0 }, tag: 0, trunks: [] },
    { vlans: { mode: 'trunk', trunks: [7] }, tag: undefined, trunks: [7] },
    { vlans: { mode: 'native-untagged', tag: 5, trunks: [10, 11] }, tag: 5, trunks: [10, 11] },
  ])('adds a port, finds it, and removes it: $vlans', async ({ vlans, tag, trunks }) => {
    const port = await newPort({ vlans });
    await add([port]);
    const [found, ...more] = await driver.findPorts({ name: port.name });
    expect(more).toStrictEqual([]);
    expect(found).toStrictEqual({
      name: port.name,
      bridge: bed.node.bridge,
      vlanMode: vlans.mode,
      tag,
      trunks,
      owner,
      ofport: expect.any(Number) as unknown,
      error: '',
    });
    expect(found?.ofport).toBeGreaterThan(0);
    await driver.removePorts([port.name]);
    expect(await driver.findPorts({ name: port.name })).toStrictEqual([]);
    await driver.removePorts([port.name]);
  });

  it('finds the ports of a network, and only ours', async () => {
    const mine = { ...owner, network: uniqueName('net') };
    const [one, two, other] = [await newPort({ owner: mine }), await newPort({ owner: mine }), await newPort()];
    await add([one, two, other]);
    const foreign = await newPort();
    await bed.node.ovs.vsctl('add-port', bed.node.bridge, foreign.name, `external_ids:network=${mine.network}`);
    const names = (await driver.findPorts({ network: mine.network })).map((port) => port.name);
    expect(names.toSorted()).toStrictEqual([one.name, two.name].toSorted());
    await driver.removePorts([one, two, other, foreign].map((port) => port.name));
  });

  it('says that there is no such bridge', async () => {
    const port = await newPort({ bridge: 'br-none' });
    expect(await rejectionOf(add([port]))).toBe('wiring: Open vSwitch: no bridge named br-none');
    expect(await driver.bridgeExists('br-none')).toBe(false);
    expect(await driver.bridgeExists(bed.node.bridge)).toBe(true);
  });

  it('adds nothing to a bridge that is going away', async () => {
    const bridge = await bed.node.ovs.addBridge();
    const state = ['Bridge', bridge, 'external_ids'] as const;
    await bed.node.ovs.vsctl('set', ...state.slice(0, 2), 'external_ids:antrea-cni-draining=true');
    const port = await newPort({ bridge });
    expect(await rejectionOf(add([port]))).toBe(
      `unavailable: the bridge ${bridge} is going away, and takes no new ports`,
    );
    await driver.removePorts([port.name]);
    await bed.node.ovs.vsctl('remove', ...state, 'antrea-cni-draining');
    await add([port]);
    await driver.removePorts([port.name]);
  });

  it('leaves a port of that name as it is', async () => {
    const port = await newPort();
    await add([port]);
    const again = add([{ ...port, vlans: { mode: 'access', tag: 200 } }]);
    expect(await rejectionOf(again)).toMatch(/^wiring: Open vSwitch.* port named/u);
    expect(await driver.findPorts({ name: port.name })).toMatchObject([{ tag: 100 }]);
    await driver.removePorts([port.name]);
  });

  it('says what ovs-vswitchd has against the interface', async () => {
    const port = { ...(await newPort()), name: uniqueName('no') };
    const refused = await rejectionOf(add([port]));
    expect(refused).toMatch(/^wiring: Open vSwitch refuses the port no\w+ on bridge br-\w+: .*No such device/u);
    await driver.removePorts([port.name]);
  });

  it('says which port of several it is about, and of none that is not refused', async () => {
    const ports = [await newPort(), await newPort(), await newPort()];
    const [, second] = ports;
    const failureOf = async (changes: Partial<NewPort>): Promise<unknown> => {
      const changed = ports.map((port) => (port === second ? { ...port, ...changes } : port));
      const failure: unknown = await add(changed).catch((error: unknown) => error);
      await driver.removePorts(changed.map((port) => port.name));
      expect(await driver.findPorts({ network: owner.network })).toStrictEqual([]);
      return failure;
    };
    const there = await newPort({ owner: { ...owner, network: 'another' } });
    await add([there]);
    const [nowhere, linkless] = [{ bridge: 'br-none' }, { name: uniqueName('no') }];
    expect(await failureOf(nowhere)).toMatchObject({
      port: second?.name,
      message: expect.stringContaining('no bridge named br-none') as unknown,
    });
    expect(await failureOf(linkless)).toMatchObject({
      port: linkless.name,
      message: expect.stringMatching(/refuses the port .*No such device/u) as unknown,
    });
    expect(await failureOf({ name: there.name })).toMatchObject({
      port: there.name,
      message: expect.stringContaining('port named') as unknown,
    });
    await driver.removePorts([there.name]);
  });

  it('attaches a Pod, and detaches it', async () => {
    const own = await startBed({ nodeFile: { ovsDriver: name } });
    await own.applyPools({ name: 'four', ranges: ['10.10.1.10-10.10.1.20'], gateway: '10.10.1.1', vlan: 100 });
    const wanted = attachment(await own.pod(), network(ipam('four')));
    const added = await own.runtime.add(wanted);
    expect(await own.port(hostInterfaceOf(added))).toMatchObject({ tag: 100 });
    succeeded(await own.runtime.check({ ...wanted, prevResult: resultOf(added) }));
    succeeded(await own.runtime.del(wanted));
    expect(await own.traces()).toStrictEqual(noTraces);
    await own.stop();
  });
});

it('a hundred connections at once are served, more than ovsdb-server lets wait', async () => {
  const options = { database: bed.node.ovs.socket, timeout: () => patience, remaining: () => 2 * patience };
  const driver = openOvs('ovsdb', { ...options, exec, pause, mark: {} });
  const found = await Promise.all(Array.from({ length: 300 }, () => driver.bridgeExists(bed.node.bridge)));
  expect(new Set(found)).toStrictEqual(new Set([true]));
});
