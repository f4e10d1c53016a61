import { afterEach, describe, expect, it } from 'vitest';
import { checkAgentSocket } from '../../src/cli/check/agent-socket.ts';
import { createResources } from '../fixture/resources.ts';
import { startScriptedAgent, type Script } from '../agent-protocol/scripted-agent.ts';

const resources = createResources();
afterEach(resources.release);

describe('the agent of a Node', () => {
  it.each<[string, Script, string]>([
    ['serves', async () => ({ node: 'node-1', ready: true }), 'ok: serves addresses at PATH'],
    [
      'has just been started',
      async () => ({ node: 'node-1', ready: false }),
      'warn: PATH answers, but knows no pools yet',
    ],
    ['is that of another Node', async () => ({ node: 'node-2', ready: true }), 'warn: PATH is that of Node node-2'],
    [
      'is of another version',
      async () => '{"v":9,"id":1}\n',
      'warn: nobody answers at PATH (it speaks another language)',
    ],
    ['hangs up', async () => undefined, 'warn: nobody answers at PATH (end of file)'],
  ])('%s', async (_what, script, expected) => {
    const { path, stop } = await startScriptedAgent(script);
    resources.defer(stop);
    const { name, state, message } = await checkAgentSocket(path, 'node-1');
    expect(name).toBe('agent');
    expect(`${state}: ${message.replace(path, 'PATH')}`).toContain(expected);
  });

  it('is not there, and need not be', async () => {
    expect(await checkAgentSocket('/nowhere/agent.sock', 'node-1')).toMatchObject({ state: 'warn' });
    expect(await checkAgentSocket(undefined, 'node-1')).toMatchObject({ state: 'ok' });
  });
});
