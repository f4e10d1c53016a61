import { Failure } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';

export type { JsonObject };

/** One value of a manifest, with the path that messages name, such as `spec.ipRanges[2].cidr`. */
export interface Field {
  readonly path: string;
  readonly value: unknown;
}

/** A key of `parent`, its own only: `__proto__` and `constructor` are never inherited. */
export function fieldOf(parent: Field, key: string): Field {
  const object = objectOf(parent, 'an object');
  const path = parent.path === '' ? key : `${parent.path}.${key}`;
  return { path, value: Object.hasOwn(object, key) ? object[key] : undefined };
}

export function isAbsent(field: Field): boolean {
  return field.value === undefined || field.value === null;
}

export function objectOf(field: Field, expected: string): JsonObject {
  if (!isJsonObject(field.value)) throw malformed(field, expected);
  return field.value;
}

export function textOf(field: Field, expected: string): string {
  if (typeof field.value !== 'string') throw malformed(field, expected);
  return field.value;
}

export function integerOf(field: Field, bounds: { readonly min: number; readonly max: number }): number {
  const { value } = field;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < bounds.min || value > bounds.max) {
    throw malformed(field, `an integer from ${bounds.min} to ${bounds.max}`);
  }
  return value;
}

/** The elements of a list of at most `max`, each with its own path. */
export function itemsOf(field: Field, max: number): readonly Field[] {
  if (!Array.isArray(field.value)) throw malformed(field, 'a list');
  if (field.value.length > max) {
    throw new Failure('config', `${field.path} has ${field.value.length} elements: at most ${max} are accepted`);
  }
  return Array.from(field.value, (value: unknown, index) => ({ path: `${field.path}[${index}]`, value }));
}

/** @throws Failure `config` that names the first key beyond `known`: a typo must not be ignored in silence. */
export function refuseUnknownKeys(field: Field, known: readonly string[]): void {
  for (const key of Object.keys(objectOf(field, 'an object'))) {
    if (known.includes(key)) continue;
    const path = field.path === '' ? '' : `${field.path}.`;
    throw new Failure('config', `${path}${quote(key)} is not a known key: expected one of ${known.join(', ')}`);
  }
}

export function malformed(field: Field, expected: string): Failure {
  const problem = isAbsent(field) ? 'is missing' : `is ${describe(field.value)}`;
  return new Failure('config', `${field.path === '' ? 'the manifest' : field.path} ${problem}: expected ${expected}`);
}

/** A value in a message: on one line, and short whatever it is. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return isJsonObject(value) ? 'an object' : `of type ${typeof value}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
