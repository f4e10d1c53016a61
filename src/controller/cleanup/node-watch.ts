import { inParallel } from '../in-parallel.ts';
import { observe, stateOf, type LeaseHistory, type SeenLease } from './lease-history.ts';
import { nodeStateOf, type NodeObject, type NodeState } from './verdict.ts';

/** Consistent reads. undefined: there is none. */
export interface LiveNodes {
  readonly getLease: (node: string) => Promise<SeenLease>;
  readonly getNode: (node: string) => Promise<NodeObject | undefined>;
}

export interface Look {
  readonly names: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

export interface NodeWatch {
  /** Looks at these Nodes, and forgets all others. Returns what failed. @throws Failure `unavailable` */
  readonly look: (look: Look) => Promise<readonly unknown[]>;
  /** As the last look had it. */
  readonly stateOf: (node: string) => NodeState;
}

export interface NodeWatchOptions {
  readonly live: LiveNodes;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Milliseconds between two looks beyond which a Node may have been away unnoticed. */
  readonly maxGap: number;
}

/** Looks at the Nodes of suspects only: all of them renew their Leases every ten seconds, which nobody needs to know. */
export function createNodeWatch({ live, clock, maxGap }: NodeWatchOptions): NodeWatch {
  let histories = new Map<string, LeaseHistory>();
  /** Only of those that the last look could read: what was seen earlier says nothing of now. */
  let states = new Map<string, NodeState>();
  return {
    async look({ names, signal }) {
      histories = new Map([...histories].filter(([name]) => names.has(name)));
      states = new Map();
      return inParallel(names, {
        limit: 16,
        signal,
        async work(name) {
          const lease = await live.getLease(name);
          const history = observe(histories.get(name), { lease, now: clock(), maxGap });
          histories.set(name, history);
          const state = stateOf(history);
          states.set(name, nodeStateOf(state, state.kind === 'stale' ? await live.getNode(name) : undefined));
        },
      });
    },
    stateOf: (node) => (node === '' ? { kind: 'unnamed' } : (states.get(node) ?? { kind: 'unknown' })),
  };
}
