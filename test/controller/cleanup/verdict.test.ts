import { assert, constantFrom, integer, oneof, property, type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayFree, nodeStateOf, type NodeState } from '../../../src/controller/cleanup/verdict.ts';

const minute = 60_000;
const hour = 60 * minute;
const patience = { grace: 10 * minute, lostNodeAfter: 24 * hour };
/** The machine has been up for a week. */
const now = 7 * 24 * hour;

function judge(goneFor: number, node: NodeState): boolean {
  return mayFree({ now, goneSince: now - goneFor, node }, patience);
}

describe('the address of a Pod that is gone', () => {
  const alive: NodeState = { kind: 'alive', since: now - hour };
  it.each<[what: string, goneFor: number, node: NodeState, free: boolean]>([
    ['waits for the grace period', 10 * minute - 1, alive, false],
    ['is freed after it on a Node that lives', 10 * minute, alive, true],
    ['waits on a Node that has only just come back', hour, { kind: 'alive', since: now - minute }, false],
    ['waits for what is known of the Node', 48 * hour, { kind: 'unknown' }, false],
    ['is freed when the Node is deleted', 10 * minute, { kind: 'deleted' }, true],
    ['waits even then for the grace period', 9 * minute, { kind: 'deleted' }, false],
    ['is freed when the Node is out of service', 10 * minute, { kind: 'out-of-service' }, true],
    ['waits even then for the grace period', 9 * minute, { kind: 'out-of-service' }, false],
    ['waits on a Node that is lost', 48 * hour, { kind: 'lost', lasting: 24 * hour - 1 }, false],
    ['is freed when the Node is lost for too long', 10 * minute, { kind: 'lost', lasting: 24 * hour }, true],
    ['waits as long if the Node is not known', 24 * hour - 1, { kind: 'unnamed' }, false],
    ['and is freed then', 24 * hour, { kind: 'unnamed' }, true],
  ])('%s (gone for %i ms)', (...[, goneFor, node, free]) => {
    expect(judge(goneFor, node)).toBe(free);
  });

  it('is never freed within the grace period, whatever the Node is', () => {
    const times = integer({ min: 0, max: now });
    const nodes: Arbitrary<NodeState> = oneof(
      constantFrom<NodeState>(
        { kind: 'unnamed' },
        { kind: 'unknown' },
        { kind: 'deleted' },
        { kind: 'out-of-service' },
      ),
      times.map((since): NodeState => ({ kind: 'alive', since })),
      times.map((lasting): NodeState => ({ kind: 'lost', lasting })),
    );
    assert(property(integer({ min: 0, max: patience.grace - 1 }), nodes, (goneFor, node) => !judge(goneFor, node)));
  });
});

describe('a Node', () => {
  it.each([
    [
      'is alive while its Lease is renewed, even if its object is gone',
      { kind: 'renewed', since: 5 },
      undefined,
      'alive',
    ],
    ['is not judged by what is not known', { kind: 'unknown' }, undefined, 'unknown'],
    ['with a stale Lease and no object is deleted', { kind: 'stale', lasting: 5 }, undefined, 'deleted'],
    [
      'with a stale Lease may be out of service',
      { kind: 'stale', lasting: 5 },
      { outOfService: true },
      'out-of-service',
    ],
    ['is lost otherwise', { kind: 'stale', lasting: 5 }, { outOfService: false }, 'lost'],
  ] as const)('%s', (...[, lease, object, kind]) => {
    expect(nodeStateOf(lease, object).kind).toBe(kind);
  });
});
