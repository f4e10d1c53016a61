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
    : (demand(error, value) ?? error.message);
  return `${key === '' ? 'the document' : key} ${shown(value)} ${advice ?? 'is not valid'}`;
}

const types: Readonly<Record<string, string>> = {
  integer: 'an integer',
  string: 'a string',
  array: 'a list',
  object: 'an object',
  boolean: 'true or false',
};

/** How patterns of the schemas begin, and what they stand for. */
const patterns: readonly (readonly [string, string])[] = [
  ['^unix:/', 'unix: and an absolute path, such as "unix:/var/run/openvswitch/db.sock"'],
  ['^/', 'an absolute path'],
  ['^[0-9]{1,4}', 'a VLAN such as "100", or a range such as "200-299"'],
  ['^[a-zA-Z0-9_][a-zA-Z0-9_.-]', 'a name of at most 15 letters, digits, "_", "." and "-"'],
  ['^[a-z0-9](', 'a name of lower-case letters, digits, "-" and "."'],
];

/** What would be right, in words: ajv's own speak of `array`, `>= 68` and regular expressions. */
function demand({ keyword, params }: ValidationError, value: unknown): string | undefined {
  const { type, limit, pattern } = params;
  if (keyword === 'type')
    return `must be ${types[String(type)] ?? String(type).replaceAll(',', ' or ')}${quotes(type, value)}`;
  if (keyword === 'minimum') return `must be at least ${String(limit)}`;
  if (keyword === 'maximum') return `must be at most ${String(limit)}`;
  if (keyword === 'maxLength') return `must be of at most ${String(limit)} characters`;
  const elements = limit === 1 ? 'element' : 'elements';
  if (keyword === 'minItems') return `must have at least ${String(limit)} ${elements}`;
  if (keyword === 'maxItems') return `must have at most ${String(limit)} ${elements}`;
  const words = patterns.find(([start]) => String(pattern).startsWith(start))?.[1];
  return words === undefined ? undefined : `must be ${words}`;
}

function quotes(type: unknown, value: unknown): string {
  if (type === 'integer' && typeof value === 'string' && /^[0-9]+$/.test(value)) return ': write it without quotes';
  return type === 'string' && typeof value === 'number' ? ': write it in quotes' : '';
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
