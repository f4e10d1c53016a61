import fs from 'node:fs';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { readClaims } from '../../../../src/agent/install/token.ts';
import { startTokenRenewal } from '../../../../src/agent/install/token-renewal.ts';
import type { Running } from '../../../../src/agent/install/running.ts';
import { createClient } from '../../../../src/kube/client.ts';
import { readKubeconfig } from '../../../../src/kube/kubeconfig.ts';
import { files } from '../../../../src/system/files.ts';
import { deadlineIn } from '../../../../src/system/time.ts';
import type { Cluster } from '../../../cluster/cluster.ts';
import { makeNode, uidOf } from '../../../cluster/objects.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { createResources } from '../../../fixture/resources.ts';
import { until } from '../../../fixture/until.ts';
import { addMachine, removeNode, startInstallCluster, type Machine } from './bed.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('the token of the plugin', () => {
  const resources = createResources();
  let cluster: Cluster;
  let machine: Machine;
  let seen: string[];
  beforeAll(async () => {
    cluster = await startInstallCluster();
  });
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    machine = await resources.use(addMachine(cluster));
    seen = [];
  });
  afterEach(resources.release);

  const looks = (): number => cluster.audit().filter(({ user }) => user.includes('antrea-cni:agent')).length;
  const token = (): string => (fs.existsSync(machine.path('token')) ? machine.text('token') : '');

  /** With the agent's kubeconfig; looks at it 20 times a second. @param patience milliseconds, with the API server */
  function renew(patience = 60_000): Running {
    const access = readKubeconfig(files, machine.kubeconfig);
    const client = createClient({
      access,
      deadline: deadlineIn(Number.POSITIVE_INFINITY),
      limits: { attempt: patience, total: patience },
    });
    const running = startTokenRenewal({
      client,
      nodeName: machine.node,
      path: machine.path('token'),
      lifetime: 600_000,
      interval: 50,
      log: () => {},
      observe: (outcome) => seen.push(outcome),
    });
    resources.defer(async () => {
      await running.stop();
      client.close();
    });
    return running;
  }

  it('is made when there is none, and again when somebody removes or breaks it; else it stays', async () => {
    renew();
    for (const spoil of ['', 'no token', undefined]) {
      await until(() => readClaims(token()) !== undefined, { what: 'a token' });
      const { expires = 0, issued = 0, nodeName } = readClaims(token()) ?? {};
      expect({ life: expires - issued, nodeName }).toEqual({ life: 600, nodeName: machine.node });
      if (spoil === undefined) fs.rmSync(machine.path('token'));
      else fs.writeFileSync(machine.path('token'), spoil);
    }
    await until(() => seen.length === 4, { what: 'four tokens' });
    const kept = token();
    const before = looks();
    await until(() => looks() > before + 3, { what: 'some more looks' });
    expect(token()).toBe(kept);
    expect(seen).toEqual(['done', 'done', 'done', 'done']);
  });

  it('is replaced at half of its life', async () => {
    const uid = uidOf((await cluster.admin.get(`/api/v1/nodes/${machine.node}`)).body);
    fs.writeFileSync(machine.path('token'), ofAge(0.45, uid));
    const running = renew();
    await until(() => seen.length > 0 || token() !== '', { what: 'a look' });
    await running.stop();
    expect(seen).toEqual([]);
    fs.writeFileSync(machine.path('token'), ofAge(0.65, uid));
    renew();
    await until(() => readClaims(token())?.nodeName === machine.node, { what: 'a new token' });
    expect(await cluster.withToken(token()).get('/apis/crd.antrea.io/v1beta1/ippools/a')).toMatchObject({
      status: 404,
    });
  });

  it('is replaced when the Node is registered anew, and serves on while the API server is away', async () => {
    renew(2000);
    await until(() => readClaims(token()) !== undefined, { what: 'a token' });
    const first = token();
    await cluster.kill();
    await until(() => seen.includes('failed'), { what: 'a failure' });
    expect(token()).toBe(first);
    await cluster.restart();
    await removeNode(cluster, machine.node);
    await makeNode(cluster.admin, machine.node);
    // The agent's own token is bound to a Pod, which names the Node and outlives it.
    await until(() => token() !== first, { what: 'a token for the new Node' });
    const { body } = await cluster.admin.get(`/api/v1/nodes/${machine.node}`);
    expect(readClaims(token())?.nodeUID).toBe(uidOf(body));
  });
});

/** A token with such claims; nobody accepts it. @param part of its life that has passed */
function ofAge(part: number, uid: string): string {
  const now = Date.now() / 1000;
  const claims = { iat: now - part * 3600, exp: now + (1 - part) * 3600, 'kubernetes.io': { node: { uid } } };
  return ['a', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'c'].join('.');
}
