import { afterEach, expect, it } from 'vitest';
import { openExchange, type Exchange } from '../../src/agent-protocol/exchange.ts';
import { ownNetns, withOwnNetns } from '../../src/net/netns.ts';
import type { Made } from '../../src/net/attach.ts';
import { madeByAgent } from '../../src/plugin/pairs-by-agent.ts';
import { startScriptedAgent } from '../agent-protocol/scripted-agent.ts';
import { createResources } from '../fixture/resources.ts';

const resources = createResources();
afterEach(resources.release);

const path = '/proc/self/ns/net';
const pairs = [
  {
    host: { name: 'avabcdefghijklm', mac: '02:00:00:00:00:01', alias: 'shop/web/net1' },
    link: { name: 'net1', mac: '02:00:00:00:00:02', mtu: 1500 },
  },
];

async function made(agent: Exchange | undefined): Promise<Made> {
  return withOwnNetns((descriptor) => madeByAgent({ agent }, { path, descriptor }, pairs));
}

it.each([
  { agent: 'that does it', script: async () => ({}), is: 'made' },
  { agent: 'that cannot', script: async () => ({ error: { kind: 'wiring', message: 'no' } }), is: 'not made' },
  {
    agent: 'that does not know how',
    script: async () => ({ error: { kind: 'config', message: 'op?' } }),
    is: 'not made',
  },
])('the pairs are left to an agent $agent: $is', async ({ script, is }) => {
  const { path: socket, seen, stop } = await startScriptedAgent(script);
  resources.defer(stop);
  const exchange = openExchange(socket);
  resources.defer(() => exchange.close());
  expect(await made(exchange)).toBe(is);
  expect(seen).toMatchObject([{ op: 'pairs', host: ownNetns(), netns: ownNetns(), path, pairs }]);
});

it('nobody knows what an agent has done that ends before it answers', async () => {
  const { path: socket, stop } = await startScriptedAgent(async () => undefined);
  resources.defer(stop);
  expect(await made(openExchange(socket))).toBe('unknown');
});

it('without an agent, or with one that is away, the plugin has to do it', async () => {
  expect(await made(undefined)).toBe('not made');
  expect(await made(openExchange('/nowhere/agent.sock'))).toBe('not made');
});
