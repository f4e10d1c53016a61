import { Failure } from '../../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../../system/json-object.ts';

/**
 * What `ovs-vsctl --format=json` prints: one table a line, its rows as lists.
 * @returns the rows of each table, by the names of their columns
 * @throws Failure `unavailable`
 */
export function readTables(output: string): readonly (readonly JsonObject[])[] {
  return output.split('\n').map(readTable);
}

function readTable(line: string): readonly JsonObject[] {
  const table = parseJson(line);
  const { headings, data } = isJsonObject(table) ? table : {};
  if (!Array.isArray(headings) || !Array.isArray(data)) {
    throw new Failure('unavailable', 'ovs-vsctl printed something that is no table', { details: line.slice(0, 200) });
  }
  const names = headings.map(String);
  return data
    .filter((row): row is unknown[] => Array.isArray(row))
    .map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
