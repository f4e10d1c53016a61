import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/ipam/address.ts';
import { describeAllocation } from '../../src/ipam/owner.ts';

const pod = { namespace: 'default', name: 'web-0', uid: '', containerID: 'c1', ifName: 'net1', node: '' };

describe('an allocation in a message', () => {
  it.each([
    [{}, 'held by default/web-0 (interface net1 of container c1, network blue)'],
    [{ namespace: '' }, 'held by web-0 (interface net1 of container c1, network blue)'],
    [{ namespace: '', name: '' }, 'held by interface net1 of container c1, network blue'],
  ])('names its holder: %j', (told, holder) => {
    const address = parseAddress('10.0.0.5');
    if (address === undefined) throw new Error('no address');
    const owner = { network: 'blue', pod: { ...pod, ...told } };
    const allocation = { pool: 'a', address, phase: 'Allocated', owner, version: '1', poolUID: '' } as const;
    expect(describeAllocation(allocation)).toBe(`10.0.0.5 of pool a, ${holder}`);
  });
});
