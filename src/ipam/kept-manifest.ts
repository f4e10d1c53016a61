import { fieldOf, isAbsent, objectOf, textOf } from './manifest.ts';
import type { Field, JsonObject } from './manifest.ts';

/** An IPPool as a store keeps it, without what the store itself adds. */
export interface KeptManifest extends JsonObject {
  readonly metadata: JsonObject;
}

/**
 * What is kept of a manifest that `readPool` has read: no status, and of the metadata only what the user decides.
 * @throws Failure `config` for labels or annotations that are no text
 */
export function keptManifest(manifest: unknown): KeptManifest {
  const root = { path: '', value: manifest };
  const metadata = fieldOf(root, 'metadata');
  const notes = ['labels', 'annotations'].map((key) => fieldOf(metadata, key)).filter((field) => !isAbsent(field));
  return {
    apiVersion: fieldOf(root, 'apiVersion').value,
    kind: 'IPPool',
    metadata: Object.fromEntries([
      ['name', fieldOf(metadata, 'name').value],
      ...notes.map((field): [string, unknown] => [field.path.slice(metadata.path.length + 1), readStrings(field)]),
    ]),
    spec: fieldOf(root, 'spec').value,
  };
}

function readStrings(field: Field): JsonObject {
  const keys = Object.keys(objectOf(field, 'an object of strings'));
  return Object.fromEntries(keys.map((key) => [key, textOf(fieldOf(field, key), 'a string')]));
}
