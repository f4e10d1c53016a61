import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type AnySchemaObject } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { buildSync } from 'esbuild';
import { generated, root, schemas } from './paths.ts';

const suffix = '.schema.json';
/** What ajv knows the schema by that it compiles. */
const schemaKey = 'schema';

generateValidators();

/**
 * Compiles each `schemas/<name>.schema.json` into the function `validate<Name>` of `build/generated/<name>.js`. Each has
 * a file of its own: whoever imports one should not carry the others.
 */
function generateValidators(): void {
  const names = readdirSync(schemas)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length));
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated, { recursive: true });
  for (const name of names) {
    writeFileSync(join(generated, `${name}.js`), compile(name));
    writeFileSync(join(generated, `${name}.d.ts`), declare(name));
  }
}

/**
 * Two functions of ajv's in one: nearly every document is as it should be, so one that only tells yes from no decides, and
 * one that says what is wrong is made of the same schema when that one has said no. V8's code cache then holds no errors.
 */
function compile(name: string): string {
  const schema = withoutAnnotations(readSchema(name));
  const code = `
    ${standalone.default(addSchema(true, negatedTwice(schema)), { isValid: schemaKey })}
    function thorough() {
      const exports = {};
      ${standalone.default(addSchema(false, schema), { explain: schemaKey })}
      return exports.explain;
    }
    export function ${functionName(name)}(data) {
      if (isValid(data)) return true;
      const explain = thorough();
      const answer = explain(data);
      ${functionName(name)}.errors = explain.errors;
      return answer;
    }`;
  return inlineRuntime(withoutErrors(code));
}

function addSchema(esm: boolean, schema: AnySchemaObject): Ajv {
  const ajv = new Ajv({
    // The first violation is enough to act on, and a hostile document cannot make it a long search.
    allErrors: false,
    strict: true,
    strictTypes: true,
    strictTuples: true,
    allowUnionTypes: true,
    code: { source: true, esm, lines: true, optimize: 2 },
  });
  return ajv.addSchema(schema, schemaKey);
}

/** Accepts the same documents, and makes ajv leave out what errors say: nobody is told of those below `not`. */
function negatedTwice({ definitions, ...schema }: AnySchemaObject): AnySchemaObject {
  const entries = Object.entries(isObject(definitions) ? definitions : {});
  return { definitions: Object.fromEntries(entries.map(([name, one]) => [name, twice(one)])), ...twice(schema) };
}

function twice(schema: unknown): object {
  return { not: { not: schema } };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** They are empty, and counted besides: nobody looks at them. Without this, the code is only longer. */
function withoutErrors(code: string): string {
  return code.replaceAll(
    /const (err\d+) = \{\};\nif\(vErrors === null\)\{\nvErrors = \[\1\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}\n/g,
    '',
  );
}

function readSchema(name: string): AnySchemaObject {
  const schema: unknown = JSON.parse(readFileSync(join(schemas, name + suffix), 'utf8'));
  if (!isObject(schema)) throw new TypeError(`schemas/${name}${suffix} is not an object`);
  return schema;
}

/** ajv's output holds the schemas themselves: what only people read would be evaluated at every start. */
function withoutAnnotations(schema: AnySchemaObject): AnySchemaObject {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    typeof value === 'string' && ['description', 'title', '$schema'].includes(key) ? undefined : value,
  );
  // oxlint-disable-next-line typescript/no-unsafe-return -- a schema without some of its strings is one still
  return JSON.parse(text);
}

/** `node-file` → `validateNodeFile` */
function functionName(name: string): string {
  return `validate${name.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}`;
}

/** ajv's output requires pieces of ajv (`ucs2length`, `equal`); with them inside, nothing needs ajv at run time. */
function inlineRuntime(code: string): string {
  const { outputFiles } = buildSync({
    stdin: { contents: code, resolveDir: root, sourcefile: 'validator.js' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['main'],
    target: 'node24',
    legalComments: 'none',
    logLevel: 'warning',
  });
  return outputFiles.map((file) => file.text).join('');
}

function declare(name: string): string {
  return `import type { Validator } from '../../src/config/validator.ts';\n\nexport declare const ${functionName(name)}: Validator;\n`;
}
