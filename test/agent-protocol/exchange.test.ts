import { expect, it } from 'vitest';
import { NoAnswer, openExchange } from '../../src/agent-protocol/exchange.ts';
import { pause } from '../../src/system/time.ts';
import { resourcesOf } from '../fixture/resources.ts';
import { startScriptedAgent, type Script } from './scripted-agent.ts';

const patient = 30_000;

async function asking(context: Parameters<typeof resourcesOf>[0], script: Script) {
  const agent = await resourcesOf(context).use(startScriptedAgent(script));
  const exchange = openExchange(agent.path);
  resourcesOf(context).defer(async () => exchange.close());
  return { agent, exchange };
}

it('gives each request its own answer, whatever order they come in', async (context) => {
  const first = Promise.withResolvers<void>();
  const { exchange } = await asking(context, async ({ op }) => {
    if (op === 'pool') await first.promise;
    else first.resolve();
    return { said: op };
  });
  const answers = await Promise.all([exchange.ask({ op: 'pool' }, patient), exchange.ask({ op: 'hello' }, patient)]);
  expect(answers.map(({ said }) => said)).toEqual(['pool', 'hello']);
});

it.each([
  { does: 'hangs up', script: async () => undefined },
  { does: 'sends what is no JSON', script: async () => 'what?\n' },
  { does: 'speaks another version', script: async () => '{"v":2,"id":1}\n' },
])('has no answer of an agent that $does, and asks it nothing more', async ({ script }) => {
  const agent = await startScriptedAgent(script);
  const exchange = openExchange(agent.path);
  try {
    const lost = await exchange.ask({ op: 'create' }, patient).catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(NoAnswer);
    expect(lost).toMatchObject({ mayBeDone: true });
    await expect(exchange.ask({ op: 'get' }, patient)).rejects.toMatchObject({ mayBeDone: false });
    expect(agent.seen).toHaveLength(1);
  } finally {
    exchange.close();
    await agent.stop();
  }
});

it('has no answer where nobody listens, and nothing can be done there', async () => {
  const exchange = openExchange('/nonexistent/agent.sock');
  await expect(exchange.ask({ op: 'hello' }, patient)).rejects.toMatchObject({ name: 'NoAnswer', mayBeDone: false });
});

it('waits no longer than it was told', async (context) => {
  const never = new Promise<undefined>(() => {});
  const { exchange } = await asking(context, async () => never);
  await expect(exchange.ask({ op: 'hello' }, 50)).rejects.toMatchObject({ message: 'no answer within 50 ms' });
});

it('waits no longer than the call may take for which it asks', async (context) => {
  const never = new Promise<undefined>(() => {});
  const agent = await resourcesOf(context).use(startScriptedAgent(async () => never));
  const exchange = openExchange(agent.path, { remaining: () => 40 });
  await expect(exchange.ask({ op: 'hello' }, patient)).rejects.toMatchObject({ message: 'no answer within 40 ms' });
});

it('takes an answer that came while it was busy for longer than it would wait, and goes on asking', async (context) => {
  const { exchange } = await asking(context, async ({ op }) => {
    if (op === 'pool') pause(1200);
    return { said: op };
  });
  expect(await exchange.ask({ op: 'pool' }, 1000)).toMatchObject({ said: 'pool' });
  await new Promise(setImmediate);
  expect(await exchange.ask({ op: 'hello' }, patient)).toMatchObject({ said: 'hello' });
});
