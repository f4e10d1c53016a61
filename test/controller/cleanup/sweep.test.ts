import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, grace, interval, lostNodeAfter, type World, type WorldNode } from './world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});

/** Longer than anything has to wait on a Node that lives. */
const enough = grace + 3 * interval;

function node(name: string): WorldNode {
  const found = world.nodes.get(name);
  if (found === undefined) throw new Error(`no Node ${name}`);
  return found;
}

/** A Pod that has run for a while and is gone now, without a DEL. */
async function deadPod(name = 'web-0', on = 'node-1'): Promise<void> {
  world.runPod({ name, node: on });
  world.deliver();
  await world.pass(interval);
  world.deletePod(name);
  world.deliver();
}

describe('an address of a Pod', () => {
  it('that runs is not freed, ever, and costs no request', async () => {
    world.runPod({ name: 'web-0', node: 'node-1' });
    world.deliver();
    await world.pass(100 * interval);
    expect(world.freed).toStrictEqual([]);
    expect(world.requests).toStrictEqual([]);
  });

  it('that watches have not told of yet is not freed', async () => {
    world.runPod({ name: 'web-0', node: 'node-1' });
    await world.pass(100 * interval);
    expect(world.freed).toStrictEqual([]);
  });

  it('that is gone is freed after the grace period, and not before', async () => {
    await deadPod();
    await world.pass(grace);
    expect(world.freed).toStrictEqual([]);
    await world.pass(3 * interval);
    expect(world.freed).toStrictEqual(['web-0']);
  });

  it('that is gone, and followed by another of its name, is freed; that of the other one is not', async () => {
    await deadPod();
    const next = world.runPod({ name: 'web-0', node: 'node-2' });
    world.deliver();
    await world.pass(enough);
    expect([...world.held.values()].map(({ owner }) => owner.pod.uid)).toStrictEqual([next.uid]);
  });

  it('that is gone is freed after a restart of the controller, which waits anew', async () => {
    await deadPod();
    await world.pass(grace);
    world.restart();
    await world.pass(grace);
    expect(world.freed).toStrictEqual([]);
    await world.pass(3 * interval);
    expect(world.freed).toStrictEqual(['web-0']);
  });

  it('that is gone is freed after the API server was away', async () => {
    await deadPod();
    world.up = false;
    await world.pass(lostNodeAfter * 2);
    expect(world.freed).toStrictEqual([]);
    world.up = true;
    await world.pass(2 * interval);
    expect(world.freed).toStrictEqual([]);
    await world.pass(enough);
    expect(world.freed).toStrictEqual(['web-0']);
  });

  it.each([
    ['before watches tell of it', false],
    ['and watches tell of it', true],
  ])(
    'that was gone and is back, by a backup, %s, is kept; and waits anew when it is gone again',
    async (_how, told) => {
      const pod = world.runPod({ name: 'web-0', node: 'node-1' });
      const put = (): void => {
        world.pods.set('web-0', pod);
        if (told) world.deliver();
      };
      Object.assign(node('node-1'), { exists: false, connectedSince: undefined });
      world.deletePod('web-0');
      world.deliver();
      await world.pass(grace);
      put();
      await world.pass(enough);
      expect(world.freed).toStrictEqual([]);
      world.deletePod('web-0');
      world.deliver();
      await world.pass(grace);
      expect(world.freed).toStrictEqual([]);
      await world.pass(2 * interval);
      expect(world.freed).toStrictEqual(['web-0']);
    },
  );

  it('that nobody knows by UID is never freed', async () => {
    world.runPod({ name: 'web-0', node: 'node-1', ownerUID: ' ' });
    for (const [key, allocation] of world.held) {
      const { owner } = allocation;
      world.held.set(key, { ...allocation, owner: { ...owner, pod: { ...owner.pod, uid: '' } } });
    }
    world.deletePod('web-0');
    world.deliver();
    await world.pass(10 * lostNodeAfter);
    expect(world.freed).toStrictEqual([]);
  });

  it('that is reserved for somebody is never freed', async () => {
    world.runPod({ name: 'web-0', node: 'node-1', phase: 'Reserved' });
    world.deletePod('web-0');
    world.deliver();
    await world.pass(10 * lostNodeAfter);
    expect(world.freed).toStrictEqual([]);
  });
});

describe('an address of a static Pod', () => {
  const hash = '5d41402abc4b2a76b9719d911017c592';

  it('is kept while the API has the Pod that stands for it, also when that is made anew', async () => {
    world.runPod({ name: 'etcd-node-1', node: 'node-1', staticUID: hash });
    world.deliver();
    await world.pass(interval);
    for (let round = 0; round < 3; round++) {
      world.deletePod('etcd-node-1');
      world.deliver();
      await world.pass(2 * interval);
      world.pods.set('etcd-node-1', {
        namespace: 'default',
        name: 'etcd-node-1',
        uid: `new-${round}`,
        staticUID: hash,
      });
      world.deliver();
      await world.pass(enough);
    }
    expect(world.freed).toStrictEqual([]);
  });

  it('is kept when the stand-in comes back after the last list', async () => {
    for (let index = 0; index < 60; index++) world.runPod({ name: `web-${index}`, node: 'node-1' });
    world.runPod({ name: 'etcd-node-1', node: 'node-1', staticUID: hash });
    const standIn = { namespace: 'default', name: 'etcd-node-1', uid: 'new', staticUID: hash };
    world.pods.clear();
    world.onFree = () => void world.pods.set('etcd-node-1', standIn);
    await world.pass(enough);
    expect(world.requests).toContain('LIST pods');
    expect([...world.held.values()].map(({ owner }) => owner.pod.name)).toStrictEqual(['etcd-node-1']);
  });

  it('is freed when its manifest is gone', async () => {
    world.runPod({ name: 'etcd-node-1', node: 'node-1', staticUID: hash });
    world.deletePod('etcd-node-1');
    world.deliver();
    await world.pass(enough);
    expect(world.freed).toStrictEqual(['etcd-node-1']);
  });
});

describe('on a Node that is lost', () => {
  beforeEach(async () => {
    await deadPod();
    node('node-1').connectedSince = undefined;
  });

  it('an address is freed only after a long time', async () => {
    await world.pass(lostNodeAfter - 2 * interval);
    expect(world.freed).toStrictEqual([]);
    await world.pass(4 * interval);
    expect(world.freed).toStrictEqual(['web-0']);
  });

  it('an address is freed sooner if the Node is deleted', async () => {
    await world.pass(grace + interval);
    expect(world.freed).toStrictEqual([]);
    node('node-1').exists = false;
    await world.pass(interval);
    expect(world.freed).toStrictEqual(['web-0']);
  });

  it('an address is freed sooner if the Node is out of service', async () => {
    await world.pass(grace + interval);
    expect(world.freed).toStrictEqual([]);
    node('node-1').outOfService = true;
    await world.pass(interval);
    expect(world.freed).toStrictEqual(['web-0']);
  });

  it('an address is not freed when the Node comes back, until its kubelet has had its time', async () => {
    await world.pass(2 * grace);
    node('node-1').connectedSince = world.now;
    await world.pass(grace);
    expect(world.freed).toStrictEqual([]);
    await world.pass(2 * interval);
    expect(world.freed).toStrictEqual(['web-0']);
  });

  it('the time that the API server is away does not count', async () => {
    world.up = false;
    await world.pass(2 * lostNodeAfter);
    world.up = true;
    await world.pass(lostNodeAfter - 2 * interval);
    expect(world.freed).toStrictEqual([]);
    await world.pass(5 * interval);
    expect(world.freed).toStrictEqual(['web-0']);
  });

  it('a Pod that the API still has keeps its address, whatever becomes of the Node', async () => {
    world.runPod({ name: 'web-1', node: 'node-1' });
    world.deliver();
    node('node-1').exists = false;
    await world.pass(10 * lostNodeAfter);
    expect(world.freed).toStrictEqual(['web-0']);
  });
});

describe('on a Node of which nothing can be learnt', () => {
  it('an address is not freed, not even if it could be learnt before; on others it is', async () => {
    await deadPod('web-0', 'node-1');
    await deadPod('web-1', 'node-2');
    await world.pass(grace - interval);
    world.secretive.add('node-1');
    await world.pass(2 * lostNodeAfter);
    expect(world.freed).toStrictEqual(['web-1']);
  });
});

describe('ten thousand addresses of dead Pods', () => {
  it('are freed by two lists and one request each', async () => {
    for (let index = 0; index < 10_000; index++) world.runPod({ name: `web-${index}`, node: `node-${index % 10}` });
    world.pods.clear();
    await world.pass(enough);
    expect(world.held.size).toBe(0);
    const counts = Object.fromEntries(
      [...Map.groupBy(world.requests, (request) => request)].map(([request, all]) => [request, all.length]),
    );
    expect(counts).toMatchObject({ 'LIST pods': 2, 'DELETE allocation': 10_000 });
    expect(Object.keys(counts).toSorted()).toStrictEqual(['DELETE allocation', 'GET lease', 'LIST pods']);
  });

  it('of which one cannot be freed leave all others free', async () => {
    for (let index = 0; index < 100; index++) world.runPod({ name: `web-${index}`, node: 'node-1' });
    world.pods.clear();
    world.onFree = ({ owner }) => {
      if (owner.pod.name === 'web-7') throw new Error('refused');
    };
    await world.pass(enough);
    expect([...world.held.values()].map(({ owner }) => owner.pod.name)).toStrictEqual(['web-7']);
  });
});
