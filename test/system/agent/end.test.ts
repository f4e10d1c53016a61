import { afterEach, expect, it } from 'vitest';
import { startOvsdbGate } from '../../fixture/ovsdb-gate.ts';
import { createResources } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { startAgentBed } from './bed.ts';

const resources = createResources();
afterEach(resources.release);

it('SIGTERM makes the agent unready at once; it ends what it has begun, and then itself, with 0', async () => {
  const bed = await resources.use(startAgentBed(['eth1']));
  const gate = await resources.use(startOvsdbGate(bed.ovs));
  const bridge = { bridgeName: 'br-sec', physicalInterfaces: ['eth1'] };
  bed.configure({ ovsBridges: [bridge] }, { ovsdb: gate.socket });
  const agent = bed.startAgent();
  await bed.ready();
  // Only the change itself says that it has begun: the look before may be under way when the configuration changes.
  const begun = gate.hold('"mcast_snooping_enable":true');
  bed.configure({ ovsBridges: [{ ...bridge, enableMulticastSnooping: true }] }, { ovsdb: gate.socket });
  await begun;
  process.kill(agent.pid() ?? 0, 'SIGTERM');
  await until(async () => (await bed.readyz()) === 'the agent is ending', { what: 'an agent that is not ready' });
  expect(agent.running()).toBe(true);
  gate.release();
  await until(() => !agent.running(), { what: 'the end of the agent' });
  expect(agent.exitCode()).toBe(0);
  expect(agent.output()).toContain('"msg":"stopped"');
  expect(await bed.ovs.vsctl('get', 'Bridge', 'br-sec', 'mcast_snooping_enable')).toBe('true');
});
