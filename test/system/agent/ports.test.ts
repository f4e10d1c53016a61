import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { files } from '../../../src/system/files.ts';
import { fileJournal } from '../../../src/system/journal.ts';
import { ownProcess } from '../../../src/system/processes.ts';
import { must } from '../../fixture/command.ts';
import type { JsonObject } from '../../fixture/json.ts';
import { createResources } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { reaches } from '../bed.ts';
import { startAgentBed, type Agent, type AgentBed } from './bed.ts';
import { podsOf, type AttachedPod, type Pods } from './pods.ts';

const resources = createResources();
afterAll(resources.release);

const network = { ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1'] }] };

let bed: AgentBed;
let pods: Pods;
let agent: Agent;
let a: AttachedPod;
let b: AttachedPod;
// One Node for all: each test leaves it as it has found it.
beforeAll(async () => {
  bed = await resources.use(startAgentBed(['eth1']));
  bed.configure(network);
  agent = bed.startAgent();
  await bed.ready();
  pods = podsOf(bed, 'br-sec');
  resources.defer(pods.stop);
  a = await pods.attach('10.1.0.1');
  b = await pods.attach('10.1.0.2');
});

async function port({ hostInterface }: AttachedPod): Promise<JsonObject | undefined> {
  const rows = await bed.ovs.rows('Port', 'name', 'vlan_mode', 'tag', 'trunks', 'external_ids');
  return rows.find(({ name }) => name === hostInterface);
}

async function untilReached(): Promise<void> {
  await until(() => reaches(a, b.address), { what: 'an answer of the other Pod', everyMs: 100 });
}

async function metrics(): Promise<string> {
  return bed.node.exec('curl', '-s', 'http://127.0.0.1:10351/metrics');
}

function repairs(): readonly string[] {
  return agent
    .output()
    .split('\n')
    .filter((line) => line.includes('put a port right'));
}

describe('traffic between Pods', () => {
  it('is back when ovs-vswitchd was killed and started: the agent need not do anything', async () => {
    await untilReached();
    await bed.ovs.vswitchd.kill();
    await bed.ovs.restart();
    await untilReached();
    await bed.ready();
    expect(repairs()).toEqual([]);
  });

  it('is back when the database is lost: the agent makes the bridge, its uplink and all ports anew', async () => {
    const c = await pods.attach('10.1.0.3', { vlan: 7, trunk: [{ id: 8 }, { minID: 20, maxID: 22 }] });
    const before = await Promise.all([a, b, c].map(port));
    await bed.ovs.ovsdb.kill();
    await bed.ovs.vswitchd.kill();
    const database = join(bed.ovs.dir, 'conf.db');
    rmSync(database);
    await must(['ovsdb-tool', 'create', database, '/usr/share/openvswitch/vswitch.ovsschema']);
    await bed.ovs.restart();
    await untilReached();
    const isWhole = async (): Promise<boolean> => (await bed.ovs.ports('br-sec')).length === 4;
    await until(isWhole, { what: 'all ports', everyMs: 50 });
    expect(await Promise.all([a, b, c].map(port))).toEqual(before);
    expect(await bed.ovs.ports('br-sec')).toEqual(['eth1', ...[a, b, c].map((pod) => pod.hostInterface)].toSorted());
    const repaired = 'antrea_agent_port_repairs_total{fault="missing"} 3';
    await until(async () => (await metrics()).includes(repaired), { what: repaired, everyMs: 50 });
    await c.del();
  });
});

describe('a port that somebody has changed', () => {
  it('is put right, and nothing else is touched', async () => {
    const before = await port(b);
    const name = b.hostInterface;
    const known = repairs().length;
    await bed.ovs.vsctl('add-port', 'br-sec', 'other', 'tag=5', '--', 'set', 'Interface', 'other', 'type=internal');
    await bed.ovs.vsctl('set', 'Port', name, 'tag=200', 'trunks=1,2', 'vlan_mode=trunk');
    await until(() => repairs().length === known + 1, { what: 'a repair' });
    // In one transaction: between two, the agent might put right the first one alone.
    const others = ['external_ids:of-others=kept', 'external_ids:network=x'];
    const removal = ['remove', 'Port', name, 'external_ids', 'antrea-cni', 'pod-name'];
    await bed.ovs.vsctl(...removal, '--', 'set', 'Port', name, ...others);
    await until(() => repairs().length === known + 2, { what: 'another repair' });
    expect(await bed.ovs.vsctl('get', 'Port', name, 'external_ids:of-others')).toBe('kept');
    await bed.ovs.vsctl('remove', 'Port', name, 'external_ids', 'of-others');
    expect(await port(b)).toEqual(before);
    await bed.node.exec('ip', 'link', 'set', name, 'down', 'mtu', '900');
    await bed.ovs.vsctl('del-port', name);
    await untilReached();
    expect(await port(b)).toEqual(before);
    expect(await bed.ovs.vsctl('get', 'Port', 'other', 'tag')).toBe('5');
    expect((await bed.node.links()).find(({ ifname }) => ifname === name)).toMatchObject({ mtu: 1500 });
    const repaired = 'antrea_agent_port_repairs_total{fault="vlans"} 1';
    await until(async () => (await metrics()).includes(repaired), { what: repaired, everyMs: 50 });
  });

  it('is left alone while a call works on it, and when its DEL has not come to its end', async () => {
    const c = await pods.attach('10.1.0.3');
    const [key = ''] = keyOf(c);
    const { pid, started } = ownProcess();
    const lock = join(bed.dataDir, 'locks', key);
    mkdirSync(lock, { recursive: true });
    writeFileSync(join(lock, `${pid}.${started}`), '');
    await bed.ovs.vsctl('del-port', a.hostInterface, '--', 'del-port', c.hostInterface);
    await until(() => port(a), { what: 'the port that nobody works on' });
    expect(await port(c)).toBeUndefined();
    rmSync(lock, { recursive: true });
    await until(() => port(c), { what: 'the other port' });
    await bed.ovs.ovsdb.kill();
    expect((await c.del()).code).toBe(1);
    const entries = fileJournal(files, bed.dataDir).list();
    const kept = entries.filter(({ hostInterface }) => hostInterface === c.hostInterface);
    expect(kept.map(({ port: known }) => known)).toStrictEqual([undefined]);
    await bed.ovs.restart();
    expect((await c.del()).code).toBe(0);
    expect(await port(c)).toBeUndefined();
  });
});

/** A Pod that has no VLAN, as the network outside of the Node has none (the kernel may not know VLAN interfaces). */
async function attachToOutside(address: string): Promise<AttachedPod> {
  const pod = await pods.attach('10.2.0.1', { vlan: 0 });
  await bed.outside.exec('ip', 'address', 'add', `${address}/24`, 'dev', 'sw');
  await until(() => reaches(pod, address), { what: 'an answer from outside', everyMs: 100 });
  return pod;
}

/** The journal's name of an attachment. */
function keyOf({ hostInterface }: AttachedPod): readonly string[] {
  const names = readdirSync(join(bed.dataDir, 'attachments')).map((name) => name.replace('.json', ''));
  return names.filter((name) => name.startsWith(hostInterface.slice(2)));
}

it(
  'an agent that is killed at any point, and started again, does not disturb the traffic of Pods',
  { timeout: 600_000 },
  async () => {
    const c = await pods.attach('10.1.0.3');
    await untilReached();
    const outward = await attachToOutside('10.2.0.254');
    const ends = [pods.stream(a, b.address), pods.stream(outward, '10.2.0.254')];
    await agent.kill();
    for (const nth of [1, 2, 3, 4, 5, 6, 7]) {
      await bed.ovs.vsctl('set', 'Port', c.hostInterface, 'tag=7');
      await dieAtConnection(nth);
    }
    agent = bed.startAgent();
    await until(async () => (await port(c))?.['tag'] === 100, {
      what: 'a port that is right',
      everyMs: 50,
    });
    await bed.ready();
    await agent.kill();
    for (const end of ends) {
      const { sent, lost } = await end();
      expect(sent).toBeGreaterThan(100);
      expect(lost).toBeLessThanOrEqual(1);
    }
  },
);

/** The agent connects to Open vSwitch before each step. It may be ready before it has done so that often. */
async function dieAtConnection(nth: number): Promise<void> {
  const inject = `inject=connect:signal=KILL:when=${nth}`;
  const started = bed.startAgent(['strace', '-f', '-o', '/dev/null', '-e', 'trace=connect', '-e', inject]);
  const isOver = async (): Promise<boolean> => !started.running() || (await bed.readyz()) === 'ok';
  await until(isOver, { what: 'the death of the agent', everyMs: 50 });
  await started.kill();
}
