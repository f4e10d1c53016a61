import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { type Arbitrary, array, assert, boolean, constantFrom, jsonValue, oneof, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generated, schemas } from '../../scripts/paths.ts';
import type { Validator } from '../../src/config/validator.ts';
import { isObject } from '../fixture/json.ts';

const names = readdirSync(schemas).map((file) => file.slice(0, -'.schema.json'.length));

describe.each(names)('what is made of schemas/%s.schema.json', (name) => {
  it('accepts what ajv accepts, and says of everything else what ajv says', async () => {
    const schema = readSchema(name);
    const ajv = new Ajv({ allErrors: false, strict: false }).compile(schema);
    const made = await loadValidator(name);
    assert(
      property(nearly(schema, schema), (document) => {
        expect(made(document)).toBe(ajv(document));
        if (!ajv(document)) expect(made.errors).toEqual(ajv.errors);
      }),
      { numRuns: 500 },
    );
  });
});

type Schema = Readonly<Record<string, unknown>>;

function readSchema(name: string): Schema {
  const schema: unknown = JSON.parse(readFileSync(join(schemas, `${name}.schema.json`), 'utf8'));
  if (!isObject(schema)) throw new Error(`${name} is no schema`);
  return schema;
}

async function loadValidator(name: string): Promise<Validator> {
  const module: unknown = await import(join(generated, `${name}.js`));
  const [, validator] =
    Object.entries(isObject(module) ? module : {}).find(([key]) => key.startsWith('validate')) ?? [];
  if (!isValidator(validator)) throw new Error(`${name}.js exports no validator`);
  return validator;
}

function isValidator(value: unknown): value is Validator {
  return typeof value === 'function';
}

/** Documents that fit, and documents with something wrong in them. */
function nearly(schema: Schema, root: Schema): Arbitrary<unknown> {
  const target = resolve(schema, root);
  return oneof({ weight: 40, arbitrary: fitting(target, root) }, { weight: 1, arbitrary: jsonValue({ maxDepth: 1 }) });
}

function fitting(schema: Schema, root: Schema): Arbitrary<unknown> {
  const values: readonly unknown[] = Array.isArray(schema['enum']) ? schema['enum'] : [];
  if (values.length > 0) return constantFrom(...values);
  switch ([schema['type']].flat()[0]) {
    case 'object':
      return objects(schema, root);
    case 'array':
      return array(nearly(isObject(schema['items']) ? schema['items'] : {}, root), { maxLength: 3 });
    case 'string':
      return constantFrom(...texts);
    case 'boolean':
      return boolean();
    default:
      return constantFrom(...numbers);
  }
}

function objects(schema: Schema, root: Schema): Arbitrary<unknown> {
  const properties = Object.entries(isObject(schema['properties']) ? schema['properties'] : {});
  const arbitraries = properties.map(([key, one]) => [key, nearly(isObject(one) ? one : {}, root)] as const);
  const known = record(Object.fromEntries(arbitraries), { requiredKeys: [] });
  return oneof({ weight: 20, arbitrary: known }, { weight: 1, arbitrary: known.map((one) => ({ ...one, odd: 1 })) });
}

function resolve(schema: Schema, root: Schema): Schema {
  const { $ref } = schema;
  if (typeof $ref !== 'string') return schema;
  const found = $ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), root);
  return isObject(found) ? resolve(found, root) : {};
}

/** Well-formed for one key or another. */
const texts = [
  'a',
  'br-0',
  '10.0.0.1',
  '10.0.0.0/24',
  '/a',
  'unix:/a',
  '1-5',
  'vlan',
  '',
  'x'.repeat(300),
  '\u{1F600}',
];
const numbers = [1, 0, 68, 100, 1500, 4094, 4095, 70_000, -1, 1.5, 2 ** 40];
