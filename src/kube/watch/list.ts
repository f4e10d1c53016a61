import type { KubeClient } from '../client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

export interface Page {
  readonly items: readonly JsonObject[];
  /** Of the whole list: where a watch goes on. */
  readonly resourceVersion: string;
}

export interface ListRequest {
  readonly path: string;
  readonly fieldSelector?: string | undefined;
  /** Media type; see `metadataOnly`. */
  readonly accept: string;
}

/** For `accept`: only `metadata` of each object is sent. */
export const metadataOnly = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
} as const;

export const wholeObjects = { list: 'application/json', watch: 'application/json' } as const;

/**
 * A consistent LIST, a page at a time: whoever drops each page holds 500 objects at most.
 * @throws Failure `unavailable` when the list got too old between two pages, and for an answer that is no list: whatever
 * stands in front of the API server may say `{}`, which must not mean that there is nothing
 */
export async function* listPages(
  client: KubeClient,
  { path, fieldSelector, accept }: ListRequest,
): AsyncGenerator<Page, void> {
  let next = '';
  do {
    const query = {
      limit: '500',
      ...(fieldSelector !== undefined && { fieldSelector }),
      ...(next !== '' && { continue: next }),
    };
    const { status, body } = await client.send({ method: 'GET', path, accept, query, expect: [410] });
    if (status === 410)
      throw new Failure('unavailable', `the list of ${path} got too old while it was read: try again`);
    const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
    yield { items: itemsOf(body, path), resourceVersion: versionIn(metadata, path) };
    next = textOf(metadata['continue']);
  } while (next !== '');
}

/** An empty list of Go is null at times. */
function itemsOf({ items }: JsonObject, path: string): readonly JsonObject[] {
  if (items === null) return [];
  if (!Array.isArray(items)) throw strangeList(path);
  return items.filter(isJsonObject);
}

function versionIn({ resourceVersion }: JsonObject, path: string): string {
  const version = textOf(resourceVersion);
  if (version === '') throw strangeList(path);
  return version;
}

function strangeList(path: string): Failure {
  return new Failure('unavailable', `the answer to GET ${path} is not one of an API server: try again later`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
