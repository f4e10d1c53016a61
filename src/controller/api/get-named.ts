import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

export interface Named {
  readonly path: string;
  /** The resource, as a Status names it: `pods`. */
  readonly kind: string;
  readonly name: string;
  /** Media type. */
  readonly accept: string;
}

/**
 * A consistent read: without a version, the API server answers with what is stored, not with what it has cached.
 * @returns undefined if it says in so many words that it has none: a 404 alone can come from whatever stands in front
 * @throws Failure `unavailable` for an answer that does not name the object
 */
export async function getNamed(client: KubeClient, named: Named): Promise<JsonObject | undefined> {
  const { path, kind, name, accept } = named;
  const { status, body } = await client.send({ method: 'GET', path, accept, expect: [404] });
  const told = status === 404 ? body['details'] : body['metadata'];
  if (!isJsonObject(told) || told['name'] !== name) throw strangeAnswer(path);
  if (status !== 404) return body;
  if (told['kind'] !== kind || body['reason'] !== 'NotFound') throw strangeAnswer(path);
  return undefined;
}

export function strangeAnswer(path: string): Failure {
  return new Failure('unavailable', `the answer to GET ${path} is not one of an API server: try again later`);
}
