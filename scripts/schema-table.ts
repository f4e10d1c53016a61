import { isJsonObject, type JsonObject } from '../src/system/json-object.ts';

/** One key of a document, as a reader wants to see it. */
interface Row {
  /** Such as `trunk[].minID`. */
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** A Markdown table of every key that a JSON Schema describes, those of inner objects and lists too. */
export function schemaTable(schema: JsonObject): string {
  const rows = rowsOf(schema, '').map(({ key, type, fallback, meaning }) =>
    [`\`${key}\``, type, fallback, meaning].map((cell) => cell.replaceAll('|', '\\|')).join(' | '),
  );
  return ['Key | Type | Default | Meaning', '--- | --- | --- | ---', ...rows].map((row) => `| ${row} |`).join('\n');
}

function rowsOf(schema: JsonObject, prefix: string): readonly Row[] {
  const required = listOf(schema['required']);
  return Object.entries(objectAt(schema, 'properties')).flatMap(([name, value]) => {
    const child = isJsonObject(value) ? value : {};
    const key = `${prefix}${name}`;
    const meaning = textAt(child, 'description');
    const row = { key, type: typeOf(child), fallback: fallbackOf(child, required.includes(name)), meaning };
    return [row, ...rowsOf(child, `${key}.`), ...rowsOf(objectAt(child, 'items'), `${key}[].`)];
  });
}

function fallbackOf(schema: JsonObject, isRequired: boolean): string {
  if (isRequired) return '**required**';
  return schema['default'] === undefined ? '' : code(schema['default']);
}

function typeOf(schema: JsonObject): string {
  const { type, pattern, minimum, maximum, maxLength, maxItems } = schema;
  const values = listOf(schema['enum']);
  if (values.length > 0) return values.map(code).join(', ');
  if (type === 'integer') return `integer, ${String(minimum)} to ${String(maximum)}`;
  if (type === 'array') return `list of ${plural(objectAt(schema, 'items'))}${atMost(maxItems, '')}`;
  if (type !== 'string') return String(type);
  return typeof pattern === 'string' ? `string, ${code(pattern)}` : `string${atMost(maxLength, ' characters')}`;
}

function plural(items: JsonObject): string {
  return typeof items['pattern'] === 'string' ? `strings ${code(items['pattern'])}` : `${String(items['type'])}s`;
}

function atMost(limit: unknown, unit: string): string {
  return typeof limit === 'number' ? `, at most ${limit}${unit}` : '';
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function objectAt(schema: JsonObject, key: string): JsonObject {
  const value = schema[key];
  return isJsonObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textAt(schema: JsonObject, key: string): string {
  const value = schema[key];
  return typeof value === 'string' ? value : '';
}
