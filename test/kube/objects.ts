import { randomUUID } from 'node:crypto';
import { isObject, type JsonObject } from '../fixture/json.ts';

export interface Objects {
  handle(request: ObjectRequest): Answer;
  /** As kubectl would, without a request that is seen. */
  put(path: string, object: JsonObject): void;
  remove(path: string): void;
  get(path: string): JsonObject | undefined;
  /** The names in a collection, sorted. */
  names(collection: string): readonly string[];
}

export interface ObjectRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: JsonObject | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

const collections = [
  '/apis/crd.antrea.io/v1beta1/ippools',
  '/apis/crd.antrea.io/v1beta1/ipallocations',
  '/api/v1/namespaces',
  '/apis/k8s.cni.cncf.io/v1/namespaces',
];

/** Objects with UIDs, resource versions, generations, preconditions, finalizers and lists in pages. */
export function createObjects(): Objects {
  const stored = new Map<string, JsonObject>();
  let version = 0;
  const save = (path: string, object: JsonObject, metadata: JsonObject): JsonObject => {
    version += 1;
    const next = { ...object, metadata: { ...metadata, resourceVersion: String(version) } };
    stored.set(path, next);
    return next;
  };
  const create = (path: string, object: JsonObject): JsonObject =>
    save(path, object, {
      ...metadataOf(object),
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: new Date().toISOString(),
    });
  const replace = (path: string, { old, next }: { readonly old: JsonObject; readonly next: JsonObject }): Answer => {
    const before = metadataOf(old);
    const wanted = metadataOf(next);
    if (wanted['resourceVersion'] !== undefined && wanted['resourceVersion'] !== before['resourceVersion'])
      return failure(409, 'Conflict', path);
    const changed = JSON.stringify(old['spec']) !== JSON.stringify(next['spec']);
    const generation = Number(before['generation']) + (changed ? 1 : 0);
    const { uid, creationTimestamp, deletionTimestamp } = before;
    const kept = { uid, creationTimestamp, generation, ...(deletionTimestamp !== undefined && { deletionTimestamp }) };
    const object = save(path, next, { ...wanted, ...kept });
    if (deletionTimestamp !== undefined && !hasFinalizers(object)) stored.delete(path);
    return { status: 200, body: object };
  };
  const remove = (
    path: string,
    { old, body }: { readonly old: JsonObject; readonly body: JsonObject | undefined },
  ): Answer => {
    const wanted = isObject(body?.['preconditions']) ? body['preconditions'] : {};
    const metadata = metadataOf(old);
    if (Object.entries(wanted).some(([key, value]) => metadata[key] !== value)) return failure(409, 'Conflict', path);
    if (!hasFinalizers(old)) stored.delete(path);
    else if (metadata['deletionTimestamp'] === undefined)
      return { status: 200, body: save(path, old, { ...metadata, deletionTimestamp: new Date().toISOString() }) };
    return { status: 200, body: { kind: 'Status', status: 'Success' } };
  };
  const post = (collection: string, object: JsonObject): Answer => {
    const path = `${collection}/${String(metadataOf(object)['name'])}`;
    if (stored.has(path)) return failure(409, 'AlreadyExists', path);
    return { status: 201, body: create(path, object) };
  };
  return {
    put: (path, object) => void create(path, object),
    remove: (path) => void stored.delete(path),
    get: (path) => stored.get(path),
    names: (collection) => namesBelow(stored, collection),
    handle({ method, path, query, body }) {
      const collection = collections.find((one) => path === one || path.startsWith(`${one}/`));
      if (collection === undefined) return { status: 404, body: {} };
      if (path === collection && method === 'GET') return list(stored, { collection, query });
      if (method === 'POST') return post(path, body ?? {});
      const old = stored.get(path);
      if (old === undefined) return failure(404, 'NotFound', path);
      if (method === 'PUT') return replace(path, { old, next: body ?? {} });
      if (method === 'PATCH') return replace(path, { old, next: merged(old, body ?? {}) });
      return method === 'DELETE' ? remove(path, { old, body }) : { status: 200, body: old };
    },
  };
}

function list(
  stored: ReadonlyMap<string, JsonObject>,
  { collection, query }: { readonly collection: string; readonly query: URLSearchParams },
): Answer {
  const wanted = (query.get('fieldSelector') ?? '').split(',').filter((pair) => pair !== '');
  const all = namesBelow(stored, collection)
    .map((name) => stored.get(`${collection}/${name}`) ?? {})
    .filter((object) => wanted.every((pair) => selected(object, pair)));
  const start = Number(query.get('continue') ?? 0);
  const end = start + Number(query.get('limit') ?? all.length);
  const metadata = end < all.length ? { continue: String(end) } : {};
  return { status: 200, body: { kind: 'List', metadata, items: all.slice(start, end) } };
}

function selected(object: JsonObject, pair: string): boolean {
  const [path = '', value] = pair.split('=');
  let at: unknown = object;
  for (const key of path.split('.')) at = isObject(at) ? at[key] : undefined;
  return (at ?? '') === value;
}

function namesBelow(stored: ReadonlyMap<string, JsonObject>, collection: string): string[] {
  return [...stored.keys()]
    .filter((path) => path.startsWith(`${collection}/`))
    .map((path) => path.slice(collection.length + 1))
    .toSorted();
}

/** RFC 7386. */
function merged(old: JsonObject, patch: JsonObject): JsonObject {
  const next: Record<string, unknown> = { ...old };
  for (const [key, value] of Object.entries(patch)) {
    const before = next[key];
    next[key] = isObject(value) ? merged(isObject(before) ? before : {}, value) : value;
  }
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== null));
}

function metadataOf({ metadata }: JsonObject): JsonObject {
  return isObject(metadata) ? metadata : {};
}

function hasFinalizers(object: JsonObject): boolean {
  const { finalizers } = metadataOf(object);
  return Array.isArray(finalizers) && finalizers.length > 0;
}

function failure(code: number, reason: string, path: string): Answer {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const body = { kind: 'Status', status: 'Failure', code, reason, message: `${name}: ${reason}`, details: { name } };
  return { status: code, body };
}
