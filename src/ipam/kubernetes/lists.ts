import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { parseAddress } from '../address.ts';
import { matchesFilter } from '../owner.ts';
import type { Allocation, OwnerFilter } from '../store.ts';
import { readAllocationObject } from './allocation-object.ts';
import { allocationsPath } from './paths.ts';

const pageSize = 500;

/** The addresses of a pool that are held. */
export async function listHeld(client: KubeClient, pool: string): Promise<readonly bigint[]> {
  const held: bigint[] = [];
  for await (const object of listObjects(client, { path: allocationsPath, fields: { 'spec.pool': pool } })) {
    const value = addressOf(object)?.value;
    if (value !== undefined) held.push(value);
  }
  return held;
}

/** For repair: the API server reads all allocations that there are. What is not valid is passed over, for nobody can own it. */
export async function* findAllocations(
  client: KubeClient,
  filter: OwnerFilter,
  pool: string | undefined,
): AsyncGenerator<Allocation, void> {
  const fields = {
    ...(pool !== undefined && { 'spec.pool': pool }),
    ...(filter.node !== undefined && { 'spec.owner.pod.node': filter.node }),
  };
  for await (const object of listObjects(client, { path: allocationsPath, fields })) {
    const allocation = validOrUndefined(object);
    if (allocation !== undefined && matchesFilter(allocation.owner, filter)) yield allocation;
  }
}

/**
 * One consistent LIST, in pages of one state of the cluster.
 * @throws Failure `unavailable` also when the API server has forgotten that state between two pages
 * @param fields selectable ones of the CRD, with the value that each must have
 */
export async function* listObjects(
  client: KubeClient,
  { path, fields = {} }: { readonly path: string; readonly fields?: Readonly<Record<string, string>> },
): AsyncGenerator<JsonObject, void> {
  const selector = Object.entries(fields).map(([key, value]) => `${key}=${escaped(value)}`);
  let next = '';
  do {
    const query = {
      limit: String(pageSize),
      ...(selector.length > 0 && { fieldSelector: selector.join(',') }),
      ...(next !== '' && { continue: next }),
    };
    const { status, body } = await client.send({ method: 'GET', path, query, expect: [410] });
    if (status === 410)
      throw new Failure('unavailable', `the list of ${path} got too old while it was read: try again`);
    yield* itemsOf(body);
    next = continuationOf(body);
  } while (next !== '');
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/ */
function escaped(value: string): string {
  return value.replaceAll(/[\\,=]/g, String.raw`\$&`);
}

function itemsOf({ items }: JsonObject): readonly JsonObject[] {
  if (Array.isArray(items)) return items.filter(isJsonObject);
  throw new Failure('unavailable', 'the API server answered a list without items: try again later');
}

function continuationOf({ metadata }: JsonObject): string {
  const next = isJsonObject(metadata) ? metadata['continue'] : undefined;
  return typeof next === 'string' ? next : '';
}

function addressOf({ spec }: JsonObject): ReturnType<typeof parseAddress> {
  const address = isJsonObject(spec) ? spec['address'] : undefined;
  return typeof address === 'string' ? parseAddress(address) : undefined;
}

function validOrUndefined(object: JsonObject): Allocation | undefined {
  try {
    return readAllocationObject(object).allocation;
  } catch {
    return undefined;
  }
}
