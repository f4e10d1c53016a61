import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createResources } from '../fixture/resources.ts';
import { until } from '../fixture/until.ts';
import { manifest } from '../ipam/sample.ts';
import { asked, allocations, pools } from '../ipam/kubernetes/fake-store.ts';
import { startFakeApiServer, type FakeApiServer } from '../kube/fake-api-server.ts';
import { startClusterNode, type ClusterNode } from './cluster-node.ts';

const minute = 60_000;
const resources = createResources();
let api: FakeApiServer;
let node: ClusterNode;

beforeEach(async () => {
  api = await startFakeApiServer();
  resources.defer(() => api.close());
  node = await resources.use(startClusterNode({ server: api.url, timeoutSeconds: 5 }));
  api.objects.put(`${pools}/a`, manifest({ name: 'a', ranges: ['192.168.0.10-192.168.0.20'] }));
});
afterEach(resources.release);

describe('a Node whose store is in the cluster', () => {
  it('gets an address in three requests, and gives it back in one, without a list', async () => {
    const { exit, printed } = await node.call({ command: 'ADD' });
    expect(exit).toBe(0);
    const [name = ''] = held();
    expect(printed['ips']).toMatchObject([{ address: `${name.replace('a.', '')}/24`, gateway: '192.168.0.1' }]);
    expect(await node.call({ command: 'DEL' })).toMatchObject({ exit: 0 });
    expect(held()).toStrictEqual([]);
    expect(asked(api)).toStrictEqual([
      'GET ippools/a',
      'POST ipallocations',
      'GET ippools/a',
      `DELETE ipallocations/${name}`,
    ]);
  });

  it('gives it back though somebody has written to it meanwhile', async () => {
    await node.call({ command: 'ADD' });
    const [name = ''] = held();
    const object = api.objects.get(`${allocations}/${name}`);
    api.objects.put(`${allocations}/${name}`, { ...object, metadata: { name, labels: { seen: 'yes' } } });
    expect(await node.call({ command: 'DEL' })).toMatchObject({ exit: 0 });
    expect(held()).toStrictEqual([]);
  });

  it('says who holds it: Pod, sandbox, interface, network and Node', async () => {
    await node.call({ command: 'ADD' });
    expect(api.objects.get(`${allocations}/${held()[0]}`)).toMatchObject({
      spec: {
        pool: 'a',
        phase: 'Allocated',
        owner: {
          network: 'macs',
          pod: { namespace: 'default', name: 'web-0', uid: 'u-1', containerID: 'c1', ifName: 'net1', node: 'node-1' },
        },
      },
    });
  });

  it('is told to try again while the API server is down, and takes no address of its own', async () => {
    await api.shut();
    expect(await node.call({ command: 'ADD' })).toMatchObject({ exit: 1, printed: { code: 11 } });
    expect([node.list('pools'), node.list('allocations'), node.list('attachments')]).toStrictEqual([[], [], []]);
  });

  it('is told what the API server refuses, as an error of IPAM', async () => {
    api.fault = ({ method }) =>
      method === 'POST' ? { kind: 'status', status: 403, message: 'not your Node' } : undefined;
    const { printed } = await node.call({ command: 'ADD' });
    expect(printed['code']).toBe(101);
    expect(printed['msg']).toContain('not your Node');
    expect(node.list('attachments')).toStrictEqual([]);
  });

  it('leaves what other Nodes hold alone when it collects garbage', async () => {
    const other = await resources.use(startClusterNode({ server: api.url, nodeName: 'node-2' }));
    await node.call({ command: 'ADD' });
    await other.call({ command: 'ADD', containerID: 'c2' });
    expect(held()).toHaveLength(2);
    expect(await node.call({ command: 'GC', config: { 'cni.dev/valid-attachments': [] } })).toMatchObject({ exit: 0 });
    expect(held().map((name) => api.objects.get(`${allocations}/${name}`))).toMatchObject([
      { spec: { owner: { pod: { node: 'node-2' } } } },
    ]);
  });

  it('remembers what it could not give back when garbage was collected while the API server was down', async () => {
    await node.call({ command: 'ADD' });
    await api.shut();
    const garbage = { command: 'GC', config: { 'cni.dev/valid-attachments': [] } };
    expect(await node.call(garbage)).toMatchObject({ exit: 1, printed: { code: 11 } });
    expect([held(), node.list('attachments')]).toMatchObject([{ length: 1 }, { length: 1 }]);
    await api.open();
    expect(await node.call({ command: 'DEL' })).toMatchObject({ exit: 0 });
    expect([held(), node.list('attachments')]).toStrictEqual([[], []]);
  });
});

describe('a pool that goes while an address is taken from it', () => {
  it('gives none, and nothing is left', async () => {
    api.fault = ({ method }) => {
      if (method === 'POST') removePool();
      return undefined;
    };
    const { exit, printed } = await node.call({ command: 'ADD' });
    expect(exit).toBe(1);
    expect(printed['msg']).toMatch(/does not exist|is being deleted/);
    expect([held(), node.list('attachments')]).toStrictEqual([[], []]);
  });

  it('gives none, and what cannot be taken back is left to DEL', async () => {
    api.fault = ({ method }) => {
      if (method === 'POST') removePool();
      return method === 'DELETE' ? { kind: 'status', status: 403, message: 'not now' } : undefined;
    };
    expect(await node.call({ command: 'ADD' })).toMatchObject({ exit: 1 });
    expect([held(), node.list('attachments')]).toMatchObject([{ length: 1 }, { length: 1 }]);
    api.fault = () => undefined;
    expect(await node.call({ command: 'DEL' })).toMatchObject({ exit: 0 });
    expect([held(), node.list('attachments')]).toStrictEqual([[], []]);
  });
});

describe('a create whose answer never came', () => {
  it('and which was done, is taken back by DEL', async () => {
    api.fault = ({ method, path }) => {
      if (method === 'POST') return { kind: 'lose answer' };
      return path.startsWith(allocations) ? { kind: 'cut' } : undefined;
    };
    expect(await node.call({ command: 'ADD' })).toMatchObject({ exit: 1, printed: { code: 11 } });
    expect([held(), node.list('attachments')]).toMatchObject([{ length: 1 }, { length: 1 }]);
    api.fault = () => undefined;
    expect(await node.call({ command: 'DEL' })).toMatchObject({ exit: 0 });
    expect([held(), node.list('attachments')]).toStrictEqual([[], []]);
  });

  it.each(['DEL', 'GC'])('and which is delivered after DEL, is taken back by a later %s', async (later) => {
    const { promise: deleted, resolve: deliver } = Promise.withResolvers<void>();
    api.fault = ({ method }) => (method === 'POST' ? { kind: 'deliver late', until: deleted } : undefined);
    expect(await node.call({ command: 'ADD' })).toMatchObject({ exit: 1, printed: { code: 11 } });
    expect(await node.call({ command: 'DEL' })).toMatchObject({ exit: 0 });
    expect([held(), node.list('unsettled')]).toMatchObject([[], { length: 1 }]);
    deliver();
    await until(() => held().length === 1, { what: 'the late create' });

    const call = () => node.call({ command: later, containerID: 'c2', config: { 'cni.dev/valid-attachments': [] } });
    if (later === 'DEL') {
      await call();
      expect([held(), node.list('unsettled')]).toMatchObject([{ length: 1 }, { length: 1 }]);
    }
    node.age('unsettled', minute);
    expect(await call()).toMatchObject({ exit: 0 });
    expect([held(), node.list('unsettled')]).toStrictEqual([[], []]);
  });

  it('does not keep DEL of another attachment from its end while the API server is down', async () => {
    api.fault = ({ method }) => (method === 'POST' ? { kind: 'cut' } : undefined);
    await node.call({ command: 'ADD' });
    await node.call({ command: 'DEL' });
    node.age('unsettled', minute);
    await api.shut();
    expect(await node.call({ command: 'DEL', containerID: 'c2' })).toMatchObject({ exit: 0 });
    expect(node.list('unsettled')).toHaveLength(1);
  });
});

function held(): readonly string[] {
  return api.objects.names(allocations);
}

function removePool(): void {
  api.objects.remove(`${pools}/a`);
}
