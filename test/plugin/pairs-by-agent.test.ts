import { afterEach, expect, it } from 'vitest';
import { openExchange } from '../../src/agent-protocol/exchange.ts';
import { ownNetns } from '../../src/net/netns.ts';
import { setByAgent } from '../../src/plugin/host-ends.ts';
import { startScriptedAgent } from '../agent-protocol/scripted-agent.ts';
import { createResources } from '../fixture/resources.ts';

const resources = createResources();
afterEach(resources.release);

const ends = [{ name: 'avabcdefghijklm', alias: 'shop/web/net1', mtu: 1500 }];

it.each([
  { agent: 'that does it', script: async () => ({}), isSet: true },
  { agent: 'that cannot', script: async () => ({ error: { kind: 'wiring', message: 'no' } }), isSet: false },
  {
    agent: 'that does not know how',
    script: async () => ({ error: { kind: 'config', message: 'op?' } }),
    isSet: false,
  },
])('the host’s ends are left to an agent $agent: $isSet', async ({ script, isSet }) => {
  const { path, seen, stop } = await startScriptedAgent(script);
  resources.defer(stop);
  const exchange = openExchange(path);
  resources.defer(() => exchange.close());
  expect(await setByAgent({ agent: exchange }, ends)).toBe(isSet);
  expect(seen).toMatchObject([{ op: 'ends', netns: ownNetns(), ends }]);
});

it('without an agent, or with one that is away, the plugin has to do it', async () => {
  expect(await setByAgent({ agent: undefined }, ends)).toBe(false);
  expect(await setByAgent({ agent: openExchange('/nowhere/agent.sock') }, ends)).toBe(false);
});
