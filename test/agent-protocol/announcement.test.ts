import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { longestRequest } from '../../src/agent-protocol/protocol.ts';
import { addEnvironment } from '../cni/add-environment.ts';
import { run } from '../fixture/command.ts';
import { parseJson, type JsonObject } from '../fixture/json.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { startScriptedAgent } from './scripted-agent.ts';

const resources = createResources();
afterEach(resources.release);

async function announcing(nodeFile: JsonObject, input: string): Promise<unknown> {
  const { path } = await resources.use(makeTempDir('announcing'));
  const file = join(path, 'node.json');
  writeFileSync(file, JSON.stringify(nodeFile));
  const argv = [process.execPath, '--expose-internals', join(import.meta.dirname, 'announcing.ts')];
  const env = { ...addEnvironment('K8S_POD_NAME=web'), ANTREA_NODE_CONFIG: file };
  return parseJson((await run(argv, { env, input })).stdout);
}

it('tells the agent of a call as it is, and leaves input and connection to the plugin', async () => {
  const { path, seen, stop } = await startScriptedAgent(async ({ op }) => ({ echo: op ?? '' }));
  resources.defer(stop);
  const input = '{"name": "blue", not even JSON';
  const said = await announcing({ agentSocket: path }, input);
  expect(said).toMatchObject({ stdin: input, isTold: true, answer: { id: 1, echo: 'hello' } });
  const env = addEnvironment('K8S_POD_NAME=web');
  expect(seen).toMatchObject([{ id: 0, op: 'announce', env, config: input }, { op: 'hello' }]);
});

it('tells nobody of one that is longer than a request may be', async () => {
  const { path, seen, stop } = await startScriptedAgent(async () => ({}));
  resources.defer(stop);
  const input = 'x'.repeat(longestRequest);
  expect(await announcing({ agentSocket: path }, input)).toStrictEqual({ stdin: input, isTold: false });
  expect(seen).toStrictEqual([]);
});

it('leaves standard input alone where no agent is named', async () => {
  expect(await announcing({}, 'x')).toStrictEqual({ isTold: false });
});
