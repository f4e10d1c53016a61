import { Failure, type FailureKind } from '../system/failure.ts';
import type { ValidationError, Validator } from './validator.ts';

/** A known key with a well-formed value that is refused, in contrast to a malformed one. */
const valueKeywords = ['enum', 'const', 'minimum', 'maximum'];

/** A compiled JSON Schema, and the type that it describes: test/config holds that both say the same. */
export interface Schema<T> {
  readonly validator: Validator;
  readonly matches: (data: unknown) => data is T;
}

/**
 * Answers `data` as the type that its schema describes.
 * @param what names the document in the message
 * @throws Failure `unsupported` for a refused value, `config` for anything else
 */
export function validate<T>({ validator, matches }: Schema<T>, data: unknown, what: string): T {
  if (matches(data)) return data;
  const [error] = validator.errors ?? [];
  if (error === undefined) throw new Failure('config', `${what} does not match its schema`);
  const kind: FailureKind = valueKeywords.includes(error.keyword) ? 'unsupported' : 'config';
  throw new Failure(kind, `${what}: ${complaint(error, valueAt(data, error.instancePath))}`);
}

function complaint(error: ValidationError, value: unknown): string {
  const key = keyOf(error.instancePath);
  const prefix = key === '' ? '' : `${key}.`;
  const { params } = error;
  if (error.keyword === 'required') return `the key ${prefix}${String(params['missingProperty'])} is missing`;
  if (error.keyword === 'additionalProperties')
    return `the key ${prefix}${String(params['additionalProperty'])} is unknown`;
  const { allowedValues } = params;
  const advice = Array.isArray(allowedValues)
    ? `is unknown: use ${allowedValues.map(String).join(' or ')}`
    : error.message;
  return `${key === '' ? 'the document' : key} ${shown(value)} ${advice ?? 'is not valid'}`;
}

/** `/trunk/0/id` → `trunk[0].id` */
function keyOf(pointer: string): string {
  return pointer
    .slice(1)
    .replaceAll(/(^|\/)(\d+)(?=\/|$)/g, '[$2]')
    .replaceAll('/', '.');
}

function valueAt(data: unknown, pointer: string): unknown {
  let value = data;
  for (const key of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key.replaceAll('~1', '/').replaceAll('~0', '~'))?.value;
  }
  return value;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
