import { isJsonObject, type JsonObject } from '../../../system/json-object.ts';

/** The rows that a `select` has found (RFC 7047, section 5.2.2). */
export function rowsOf(result: JsonObject | undefined): readonly JsonObject[] {
  const rows = result?.['rows'];
  return Array.isArray(rows) ? rows.filter(isJsonObject) : [];
}
