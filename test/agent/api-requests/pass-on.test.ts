import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pluginAccess } from '../../../src/agent/api-requests/access.ts';
import { countCalls } from '../../../src/agent/api-requests/calls.ts';
import { createPassOn, type PassOn } from '../../../src/agent/api-requests/pass-on.ts';
import type { KubeRequest } from '../../../src/kube/client.ts';
import { files } from '../../../src/system/files.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';
import { startFakeApiServer, type FakeApiServer } from '../../kube/fake-api-server.ts';
import { failureOf } from '../../kube/failure-of.ts';

const resources = createResources();
let dir: string;
let fake: FakeApiServer;
let logged: string[];
let clock: number;

beforeEach(async () => {
  dir = (await resources.use(makeTempDir('pass-on'))).path;
  fake = await startFakeApiServer();
  resources.defer(() => fake.close());
  [logged, clock] = [[], 0];
  writeNode('k1', 'one');
});
afterEach(resources.release);

const path = '/apis/crd.antrea.io/v1beta1/ippools/a';
const get: KubeRequest = { method: 'GET', path };
/** Milliseconds: nothing here takes that long, and a busy machine may take some. */
const patience = 4000;
const pod = { namespace: 'shop', name: 'web', uid: 'u', mirrored: '' };
const calls = countCalls();
const event = { type: 'Normal', reason: 'AttachedNetworks', message: 'net1' } as const;

describe('a request of the plugin', () => {
  it('is sent once, with the plugin’s token as it is now, and whatever is said is answered', async () => {
    const { send } = open();
    expect(await send(get)).toMatchObject({ status: 404 });
    fake.fault = () => ({ kind: 'status', status: 429, headers: { 'retry-after': '3' }, message: 'later' });
    writeFileSync(join(dir, 'k1.token'), 'two');
    const refused = await send(get);
    expect(refused).toMatchObject({ status: 429, retryAfter: '3' });
    expect(JSON.stringify(refused)).toContain('later');
    expect(fake.seen.map(({ authorization }) => authorization)).toStrictEqual(['Bearer one', 'Bearer two']);
    expect(fake.seen[0]?.query.get('timeout')).toBe(`${patience}ms`);
    expect(fake.connections()).toBe(1);
  });

  it('that got no answer may have been done, or not', async () => {
    const { send } = open();
    fake.fault = () => ({ kind: 'lose answer' });
    expect(await send(get)).toMatchObject({ error: { kind: 'unavailable', leftover: true } });
    await fake.shut();
    expect(await send(get)).toMatchObject({ error: { kind: 'unavailable', leftover: false } });
  });

  it('is sent once for all who ask the same while another one is under way; a change is sent each time', async () => {
    const { send } = open();
    const yaml = { ...get, accept: 'application/yaml' };
    const answers = await Promise.all([get, get, get, yaml].map((request) => send(request)));
    expect(answers).toMatchObject(answers.map(() => ({ status: 404 })));
    expect(fake.seen).toHaveLength(3);
    await Promise.all([1, 2].map(() => send({ method: 'PATCH', path, body: {} })));
    expect(fake.seen).toHaveLength(5);
  });

  it('with another kubeconfig than that of the Node file is not the agent’s to do', async () => {
    const { passOn } = open();
    const failed = await failureOf(
      passOn.request({ op: 'request', kubeconfig: '/etc/admin.conf', request: get }, patience),
    );
    expect(failed).toMatchObject({ kind: 'refused' });
    expect(fake.seen).toStrictEqual([]);
  });

  it('without a Node file, or one that names a kubeconfig, is not either', async () => {
    writeFileSync(join(dir, 'node.json'), '{}');
    expect(await failureOf(open().send(get))).toMatchObject({ kind: 'unavailable' });
    const untold = createPassOn({
      access: pluginAccess({ files, nodeFile: undefined }),
      nodeName: 'n',
      calls,
      log: () => {},
    });
    const passed = { op: 'request', kubeconfig: '/k', request: get } as const;
    expect(await failureOf(untold.request(passed, 2000))).toMatchObject({ kind: 'unavailable' });
  });

  it('goes as another one soon after the files have changed', async () => {
    const { send } = open();
    await send(get);
    writeNode('k2', 'another');
    clock += 2001;
    expect(await send(get, 'k2')).toMatchObject({ status: 404 });
    expect(fake.seen.at(-1)?.authorization).toBe('Bearer another');
  });

  it('that is answered at too great a length is answered by an error', async () => {
    const { send } = open();
    fake.fault = () => ({ kind: 'text', status: 200, text: 'x'.repeat(3 * 1024 * 1024) });
    expect(await failureOf(send(get))).toMatchObject({ kind: 'unavailable' });
  });
});

describe('an Event of the plugin', () => {
  it('is taken at once, and written soon, in the name of the plugin and of the Node', async () => {
    const { passOn } = open();
    expect(passOn.event({ op: 'event', kubeconfig: join(dir, 'k1'), pod, event })).toStrictEqual({});
    await until(() => fake.seen.length === 1, { what: 'the Event' });
    expect(fake.seen[0]).toMatchObject({
      method: 'POST',
      path: '/api/v1/namespaces/shop/events',
      authorization: 'Bearer one',
      body: { reason: 'AttachedNetworks', source: { component: 'antrea-cni/plugin', host: 'node-1' } },
    });
  });

  it('is written before the agent ends, and logged when it cannot be', async () => {
    const { passOn } = open();
    fake.fault = ({ body }) => (JSON.stringify(body).includes('web-1') ? { kind: 'status', status: 403 } : undefined);
    for (const name of ['web-0', 'web-1', 'web-2'])
      passOn.event({ op: 'event', kubeconfig: join(dir, 'k1'), pod: { ...pod, name }, event });
    await passOn.stop();
    expect(fake.seen).toHaveLength(3);
    expect(logged).toStrictEqual(['cannot write an Event']);
  });

  it('is tried once more at most by an agent that ends while the API server is away', async () => {
    const { passOn } = open();
    await fake.shut();
    for (const name of ['web-0', 'web-1', 'web-2'])
      passOn.event({ op: 'event', kubeconfig: join(dir, 'k1'), pod: { ...pod, name }, event });
    await passOn.stop();
    expect(logged).toHaveLength(3);
  });
});

function open() {
  const access = pluginAccess({ files, nodeFile: join(dir, 'node.json'), now: () => clock });
  const passOn: PassOn = createPassOn({
    access,
    nodeName: 'node-1',
    calls,
    log: (_, message) => void logged.push(message),
  });
  resources.defer(passOn.stop);
  const send = (request: KubeRequest, name = 'k1'): Promise<object> =>
    passOn.request({ op: 'request', kubeconfig: join(dir, name), request }, patience);
  return { passOn, send };
}

/** A Node file that names that kubeconfig, with that token. */
function writeNode(name: string, token: string): void {
  writeFileSync(join(dir, `${name}.token`), token);
  const users = [{ name: 'u', user: { tokenFile: `${name}.token` } }];
  const clusters = [{ name: 'c', cluster: { server: fake.url } }];
  const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }];
  writeFileSync(join(dir, name), JSON.stringify({ 'current-context': 'x', contexts, clusters, users }));
  writeFileSync(join(dir, 'node.json'), JSON.stringify({ kubeconfig: join(dir, name), nodeName: 'node-1' }));
}
