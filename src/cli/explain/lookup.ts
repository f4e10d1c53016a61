import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

/** What the API says about an object. */
export type Lookup =
  | { readonly kind: 'found'; readonly object: JsonObject }
  | { readonly kind: 'missing'; /** Whether the API has objects of this kind. */ readonly served: boolean }
  /** Whoever asks may not know. */
  | { readonly kind: 'refused'; readonly reason: string; readonly failure: Failure };

/**
 * @param path each part of it encoded
 * @throws Failure when the API server does not answer
 */
export async function lookUp(client: KubeClient, path: string): Promise<Lookup> {
  try {
    const { status, body } = await client.send({ method: 'GET', path, expect: [404] });
    if (status !== 404) return { kind: 'found', object: body };
    const { details } = body;
    return { kind: 'missing', served: isJsonObject(details) && typeof details['name'] === 'string' };
  } catch (error) {
    return refusalOf(error);
  }
}

/** @throws what is no refusal */
export function refusalOf(error: unknown): Lookup & { readonly kind: 'refused' } {
  if (!(error instanceof Failure) || error.kind !== 'refused') throw error;
  return { kind: 'refused', reason: error.message, failure: error };
}

export function podPath({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}

export function sectionOf(object: JsonObject, key: string): JsonObject {
  const section = object[key];
  return isJsonObject(section) ? section : {};
}

/** Empty for anything that is no text. */
export function textIn(object: JsonObject, key: string): string {
  const text = object[key];
  return typeof text === 'string' ? text : '';
}
