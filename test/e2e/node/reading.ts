import { readFileSync, readdirSync } from 'node:fs';
import { isObject, parseJson, type JsonObject } from '../../fixture/json.ts';

/** Empty for a file that has gone meanwhile, or is no JSON object. */
export function readObject(path: string): JsonObject {
  return objectIn(path, (text) => text);
}

/** Of a file that lines are added to: what the last one says. Empty as above. */
export function readLastObject(path: string): JsonObject {
  return objectIn(path, (text) => text.split('\n').at(-1) ?? '');
}

function objectIn(path: string, part: (text: string) => string): JsonObject {
  try {
    const object = parseJson(part(readFileSync(path, 'utf8')));
    return isObject(object) ? object : {};
  } catch {
    return {};
  }
}

/** Empty for a folder that is not there. */
export function readFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
