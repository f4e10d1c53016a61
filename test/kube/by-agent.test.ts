import { afterEach, describe, expect, it } from 'vitest';
import { openExchange } from '../../src/agent-protocol/exchange.ts';
import { clientByAgent } from '../../src/kube/by-agent.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/client.ts';
import { UnknownOutcome } from '../../src/kube/unknown-outcome.ts';
import { Failure } from '../../src/system/failure.ts';
import { deadlineIn } from '../../src/system/time.ts';
import { createResources } from '../fixture/resources.ts';
import { startScriptedAgent, type Script } from '../agent-protocol/scripted-agent.ts';
import { failureOf } from './failure-of.ts';

const resources = createResources();
afterEach(resources.release);

const path = '/api/v1/namespaces/shop/pods/web';
const get: KubeRequest = { method: 'GET', path };
const post: KubeRequest = { method: 'POST', path: '/api/v1/namespaces/shop/events', body: { a: 1 }, expect: [409] };

describe('by way of the agent', () => {
  it('a request is passed on with its query and body, as that of the plugin’s kubeconfig', async () => {
    const { client, seen, direct } = await setUp(async () => said(200, { kind: 'Pod' }));
    const request = { method: 'PATCH', path: `${path}/status`, query: { a: 'b' }, body: { metadata: {} } } as const;
    expect(await client.send(request)).toStrictEqual({ status: 200, body: { kind: 'Pod' }, uncertain: false });
    expect(seen).toMatchObject([{ op: 'request', kubeconfig: '/etc/kubeconfig', ...request }]);
    expect(direct).toStrictEqual([]);
  });

  it('what is expected is an answer, and what is final is believed, and names the server', async () => {
    const { client, direct } = await setUp(async ({ method }) =>
      said(method === 'POST' ? 409 : 403, { message: 'no' }),
    );
    expect(await client.send(post)).toMatchObject({ status: 409 });
    expect(await failureOf(client.send(get))).toMatchObject({
      kind: 'refused',
      message: `the API server refuses GET ${path}: 403: no`,
    });
    expect(direct).toStrictEqual([]);
  });

  it('many are asked at the same time over one connection', async () => {
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const { client, seen } = await setUp(async ({ path: asked }) => {
      gates[Number(asked)]?.resolve();
      // None is answered before all have come.
      await Promise.all(gates.map(({ promise }) => promise));
      return said(200, { asked });
    });
    const answers = await Promise.all(gates.map((_, index) => client.send({ method: 'GET', path: String(index) })));
    expect(answers.map(({ body }) => body['asked'])).toStrictEqual(['0', '1', '2', '3']);
    expect(seen).toHaveLength(4);
  });
});

describe('the API server is asked itself', () => {
  const scripts: readonly [string, Script, boolean][] = [
    ['the agent hangs up', async () => undefined, true],
    ['it speaks another language', async () => 'HTTP/1.1 400 Bad Request\r\n\r\n', true],
    ['it is of another version', async () => `${JSON.stringify({ v: 2, id: 1, status: 200, text: '{}' })}\n`, true],
    ['it says nothing', async () => ({}), true],
    ['it lost the answer', async () => ({ error: { kind: 'unavailable', message: 'x', leftover: true } }), true],
    ['it is older', async () => ({ error: { kind: 'config', message: 'op is "request"', leftover: false } }), false],
    ['it is busy', async () => ({ error: { kind: 'unavailable', message: 'busy', leftover: false } }), false],
    ['there is too much to do', async () => said(429, {}), false],
    ['the token is not accepted', async () => said(401, {}), false],
    ['it answers no JSON', async () => ({ status: 200, text: '<html>' }), true],
    ['it has an internal error', async () => said(500, {}), true],
  ];

  it.each(scripts)('when %s', async (_what, script) => {
    const { client, direct } = await setUp(script);
    expect(await client.send(get)).toMatchObject({ status: 200, uncertain: false });
    expect(direct).toStrictEqual([get]);
  });

  it.each(scripts)('and told that a change may have been made, when %s', async (_what, script, uncertain) => {
    const { client, direct } = await setUp(script);
    expect(await client.send(post)).toMatchObject({ status: 200, uncertain });
    expect(direct).toStrictEqual([post]);
    const failing = await setUp(script, { fails: true });
    const failure = await failureOf(failing.client.send(post));
    expect(failure instanceof UnknownOutcome).toBe(uncertain);
    expect(failure).toMatchObject({ kind: 'unavailable', message: 'away' });
  });

  it('when nobody listens, and the agent is not asked again in this call', async () => {
    const { client, direct, reasons } = await setUp(undefined);
    await client.send(get);
    await client.send(get);
    expect(direct).toHaveLength(2);
    expect(reasons).toStrictEqual(['ENOENT']);
  });

  it('when the request is larger than the agent takes', async () => {
    const { client, direct, seen } = await setUp(async () => said(200, {}));
    const body = { text: 'x'.repeat(70_000) };
    expect(await client.send({ ...post, body })).toMatchObject({ uncertain: false });
    expect([direct.length, seen.length]).toStrictEqual([1, 0]);
  });
});

function said(status: number, body: object) {
  return { status, text: JSON.stringify(body) };
}

/** @param script undefined: there is no agent */
async function setUp(script: Script | undefined, { fails = false } = {}) {
  const agent = script && (await startScriptedAgent(script));
  if (agent !== undefined) resources.defer(agent.stop);
  const exchange = openExchange(agent?.path ?? '/nowhere/agent.sock');
  resources.defer(() => exchange.close());
  const direct: KubeRequest[] = [];
  const itself: KubeClient = {
    send: async (request) => {
      direct.push(request);
      if (fails) throw new Failure('unavailable', 'away');
      return { status: 200, body: {}, uncertain: false };
    },
    server: 'https://10.0.0.1:6443',
    close: () => {},
  };
  const reasons: string[] = [];
  const client = clientByAgent({
    exchange,
    kubeconfig: '/etc/kubeconfig',
    direct: itself,
    deadline: deadlineIn(60_000),
    onNoAnswer: (reason) => reasons.push(reason),
  });
  return { client, seen: agent?.seen ?? [], direct, reasons };
}
