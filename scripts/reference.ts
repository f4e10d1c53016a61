import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../src/system/json-object.ts';
import { root, schemas } from './paths.ts';
import { schemaTable } from './schema-table.ts';

/** The page that is partly made from `schemas/`. */
export const configurationPage = join(root, 'docs/configuration.md');

const end = '<!-- end of schema -->';
/** What stands between these two comments is made anew. */
const generated = new RegExp(`(<!-- schema: ([a-z-]+) -->\\n)[^]*?${end}`, 'g');

/**
 * The page with its tables as the schemas are now.
 * @throws TypeError when the page names a schema that is none
 */
export function withTables(page: string): string {
  return page.replaceAll(
    generated,
    (_, start: string, name: string) => `${start}\n${schemaTable(readSchema(name))}\n\n${end}`,
  );
}

function readSchema(name: string): JsonObject {
  const schema: unknown = JSON.parse(readFileSync(join(schemas, `${name}.schema.json`), 'utf8'));
  if (isJsonObject(schema)) return schema;
  throw new TypeError(`schemas/${name}.schema.json is not an object`);
}
