import { describe, expect, it } from 'vitest';
import { allocationsOf, storeOf } from '../../../src/agent/cleanup/allocations.ts';
import { readNodeFile, type NodeSettings } from '../../../src/config/node-file.ts';
import { createFileStore } from '../../../src/ipam/file/store.ts';
import type { Allocation, OwnerFilter, Store } from '../../../src/ipam/store.ts';
import { failureOf } from '../../failure-of.ts';
import { address } from '../../ipam/sample.ts';

function settings(content: object): NodeSettings {
  return readNodeFile({ read: () => Buffer.from(JSON.stringify(content)) }, '/node.json');
}

const ofCluster = settings({ kubeconfig: '/kubeconfig', nodeName: 'node-1' });

function allocation(text: string, phase: Allocation['phase']): Allocation {
  const pod = { namespace: 'n', name: 'p', uid: 'u', containerID: 'c', ifName: 'net1', node: 'node-1' };
  return { pool: 'a', poolUID: '', address: address(text), phase, owner: { network: 'blue', pod }, version: '1' };
}

function storeWith(all: readonly Allocation[], asked: OwnerFilter[]): Store {
  return {
    ...createFileStore({ dataDir: '/none' }),
    async *find(filter) {
      asked.push(filter);
      yield* all;
    },
  };
}

describe('the addresses that clean-up looks at', () => {
  it.each([
    ['of this Node, where the store is that of a cluster', ofCluster, { node: 'node-1' }],
    ["are all, where the store is this Node's own, whatever it was called before", settings({ nodeName: 'new' }), {}],
  ])('%s', async (_, node, filter) => {
    const asked: OwnerFilter[] = [];
    await allocationsOf(storeWith([], asked), node);
    expect(asked).toStrictEqual([filter]);
  });

  it('are none that are kept for an owner who does not run', async () => {
    const [used, kept] = [allocation('10.0.0.5', 'Allocated'), allocation('10.0.0.6', 'Reserved')];
    expect(await allocationsOf(storeWith([used, kept], []), ofCluster)).toStrictEqual([used]);
  });

  it('cannot be looked at without the cluster that has them', () => {
    expect(failureOf(() => storeOf(ofCluster, undefined))).toContain('the agent was told of no cluster');
  });
});
