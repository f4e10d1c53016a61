import { adoptedCondition } from '../../ipam/kubernetes/adoption.ts';
import { poolPath } from '../../ipam/kubernetes/paths.ts';
import { Failure } from '../../system/failure.ts';
import type { Context, Duty } from '../context.ts';
import type { Recorder } from '../events.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { tellErrors } from '../queue-errors.ts';
import { readPoolState, type PoolState } from '../pools.ts';
import { conditionsIn, mergeConditions, type Condition } from '../projection/conditions.ts';
import { adoptEntries, type Adopted } from './adopt.ts';
import { createAdopted, findPod } from './live.ts';

/**
 * Takes over, once for each pool, the addresses that another controller wrote into `status.ipAddresses`. The condition
 * `Adopted` says that this is done; until then, the projection leaves the status alone.
 */
export function adoptionDuty(record: Recorder): Duty {
  return (context) => {
    const { pools, signal } = context;
    const queue = createKeyedQueue({
      spacing: 200,
      signal,
      work: async (name) => adoptPool(name, context, record),
      onError: tellErrors(context, {
        work: 'adoption',
        message: 'cannot take over the addresses of another controller yet',
      }),
    });
    const look = (pool: PoolState | undefined): void => {
      if (pool?.awaitsAdoption === true) queue.add(pool.name);
    };
    const stop = pools.onChange(({ before, after }) => {
      if (after === undefined) queue.forget(before?.name ?? '');
      else look(after);
    });
    signal.addEventListener('abort', stop, { once: true });
    for (const pool of pools.values()) look(pool);
  };
}

/** By the status as it is stored now; if it changes meanwhile, what has come to it is taken over in another round. */
async function adoptPool(name: string, context: Context, record: Recorder): Promise<undefined> {
  const { api, signal, log } = context;
  const { client } = api;
  const path = poolPath(name);
  const { status, body } = await client.send({ method: 'GET', path, expect: [404] });
  const pool = readPoolState(body);
  if (status === 404 || !pool.awaitsAdoption) return;
  const create = createAdopted(client, name);
  const adopted = await adoptEntries(pool, { findPod: async (pod) => findPod(client, pod), create, signal });
  if (signal.aborted) return;
  const conditions = mergeConditions(conditionsIn(pool.status), [conditionFor(pool, adopted)]);
  const metadata = { uid: pool.uid, resourceVersion: pool.resourceVersion };
  const patch = { method: 'PATCH', path: `${path}/status`, body: { metadata, status: { conditions } } } as const;
  const answer = await client.send({ ...patch, expect: [404, 409] });
  if (answer.status === 404) return;
  if (answer.status === 409) throw new Failure('unavailable', `pool ${name} was changed meanwhile: try again`);
  const { count, reserved, problems } = adopted;
  log(problems.length > 0 ? 'warn' : 'info', 'took over the addresses of another controller', {
    pool: name,
    count,
    reserved,
    problems,
  });
  record(pool, { type: problems.length > 0 ? 'Warning' : 'Normal', reason: 'Adopted', note: noteOn(adopted) });
}

function conditionFor({ pool }: PoolState, adopted: Adopted): Condition {
  return {
    type: adoptedCondition,
    status: 'True',
    reason: adopted.problems.length > 0 ? 'AdoptedWithProblems' : 'Adopted',
    message: noteOn(adopted),
    observedGeneration: pool?.generation ?? 0,
    lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

/** `12 addresses of another controller were taken over, 3 of them reserved for StatefulSets. 10.0.0.7 …` */
function noteOn({ count, reserved, problems }: Adopted): string {
  const taken = `${count} address${count === 1 ? '' : 'es'} of another controller ${count === 1 ? 'was' : 'were'} taken over`;
  const kept =
    reserved > 0 ? `, ${reserved} of them reserved for StatefulSets until their IPAllocation is deleted` : '';
  const shown = problems.slice(0, 5);
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : '';
  return `${taken}${kept}${shown.length > 0 ? `. ${shown.join('; ')}${more}` : ''}`;
}
