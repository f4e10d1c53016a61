import type { Allocation } from '../../ipam/store.ts';
import { inParallel } from '../in-parallel.ts';
import { isOwner, type PodIdentity, type PodReference } from '../pod-identity.ts';

/** Consistent reads of the API server, never of a cache that may be behind. */
export interface LivePods {
  readonly get: (pod: PodReference) => Promise<PodIdentity | undefined>;
  readonly list: () => AsyncIterable<PodIdentity>;
}

export interface Question {
  /** That were there before this question. */
  readonly allocations: readonly Allocation[];
  /** How many Pods there are in all, about. */
  readonly podCount: number;
  readonly signal: AbortSignal;
}

/** What is in neither could not be answered: `errors` tell why. */
export interface Findings {
  readonly alive: readonly Allocation[];
  readonly gone: readonly Allocation[];
  readonly errors: readonly unknown[];
}

/**
 * Of which the API server has the owner. As a Pod is there before its address, one that is not there now is gone for
 * good; but the stand-in of a static Pod may come back.
 * @throws Failure `unavailable`
 */
export async function lookUpOwners(live: LivePods, question: Question): Promise<Findings> {
  const byName = Map.groupBy(question.allocations, ({ owner }) => keyOf(owner.pod));
  if (byName.size === 0) return { alive: [], gone: [], errors: [] };
  return isListCheaper(byName.size, question.podCount) ? fromList(live, byName) : fromEach(live, byName, question);
}

type ByName = ReadonlyMap<string, readonly Allocation[]>;

/** A Pod in a list costs the API server far less than one that is asked for by name. */
function isListCheaper(names: number, podCount: number): boolean {
  return names > 50 && names * 20 > podCount;
}

async function fromList(live: LivePods, byName: ByName): Promise<Findings> {
  const alive = new Set<Allocation>();
  for await (const pod of live.list())
    for (const allocation of byName.get(keyOf(pod)) ?? [])
      if (isOwner(pod, allocation.owner.pod)) alive.add(allocation);
  const gone = [...byName.values()].flat().filter((allocation) => !alive.has(allocation));
  return { alive: [...alive], gone, errors: [] };
}

async function fromEach(live: LivePods, byName: ByName, { signal }: Question): Promise<Findings> {
  const alive: Allocation[] = [];
  const gone: Allocation[] = [];
  const errors = await inParallel(byName.values(), {
    limit: maxParallel,
    signal,
    async work(allocations) {
      const [first] = allocations;
      const pod = first && (await live.get(first.owner.pod));
      for (const allocation of allocations)
        (pod !== undefined && isOwner(pod, allocation.owner.pod) ? alive : gone).push(allocation);
    },
  });
  return { alive, gone, errors };
}

const maxParallel = 16;

function keyOf({ namespace, name }: PodReference): string {
  return `${namespace}/${name}`;
}
