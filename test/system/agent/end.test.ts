import { afterEach, expect, it } from 'vitest';
import { createResources } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { startAgentBed } from './bed.ts';

const resources = createResources();
afterEach(resources.release);

it('SIGTERM makes the agent unready at once; it ends what it has begun, and then itself, with 0', async () => {
  const bed = await resources.use(startAgentBed(['eth1']));
  const bridge = { bridgeName: 'br-sec', physicalInterfaces: ['eth1'] };
  bed.configure({ ovsBridges: [bridge] });
  const agent = bed.startAgent();
  await bed.ready();
  bed.ovs.ovsdb.pause();
  bed.configure({ ovsBridges: [{ ...bridge, enableMulticastSnooping: true }] });
  await until(() => agent.output().includes('the configuration has changed'), { what: 'the new configuration' });
  process.kill(agent.pid() ?? 0, 'SIGTERM');
  await until(async () => (await bed.readyz()) === 'the agent is ending', { what: 'an agent that is not ready' });
  expect(agent.running()).toBe(true);
  bed.ovs.ovsdb.resume();
  await until(() => !agent.running(), { what: 'the end of the agent' });
  expect(agent.exitCode()).toBe(0);
  expect(agent.output()).toContain('"msg":"stopped"');
  expect(await bed.ovs.vsctl('get', 'Bridge', 'br-sec', 'mcast_snooping_enable')).toBe('true');
});
