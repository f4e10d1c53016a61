import { readFileSync, readdirSync } from 'node:fs';
import { isObject, parseJson, type JsonObject } from '../../fixture/json.ts';

/** Empty for a file that has gone meanwhile, or is no JSON object. */
export function readObject(path: string): JsonObject {
  try {
    const object = parseJson(readFileSync(path, 'utf8'));
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
