import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type AnySchemaObject } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { buildSync } from 'esbuild';
import { generated, root, schemas } from './paths.ts';

const suffix = '.schema.json';

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

function compile(name: string): string {
  const ajv = new Ajv({
    // The first violation is enough to act on, and a hostile document cannot make it a long search.
    allErrors: false,
    strict: true,
    strictTypes: true,
    strictTuples: true,
    allowUnionTypes: true,
    code: { source: true, esm: true, lines: true, optimize: 2 },
  });
  ajv.addSchema(withoutAnnotations(readSchema(name)), name);
  return inlineRuntime(standalone.default(ajv, { [functionName(name)]: name }));
}

function readSchema(name: string): AnySchemaObject {
  const schema: unknown = JSON.parse(readFileSync(join(schemas, name + suffix), 'utf8'));
  if (typeof schema !== 'object' || schema === null) throw new TypeError(`schemas/${name}${suffix} is not an object`);
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
