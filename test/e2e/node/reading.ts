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

/** Of a file that lines are added to: what the last one says. Empty as above. */
export function readLastObject(path: string): JsonObject {
  try {
    const object = parseJson(readFileSync(path, 'utf8').split('\n').at(-1) ?? '');
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
