import { Failure } from '../system/failure.ts';
import { isJsonObject } from '../system/json-object.ts';

/** A value that nobody has checked yet, with the path that messages name. */
export interface Named {
  readonly path: string;
  readonly value: unknown;
}

/** undefined when the key is missing, null or empty, which is how Go writes "missing". */
export function readText(named: Named, key: string): string | undefined {
  const value = valueOf(named, key);
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new Failure('config', `${named.path}.${key} is not a string: expected one`);
}

/** Whether the key has a value that means something. */
export function presentKey(named: Named, key: string): boolean {
  const value = valueOf(named, key);
  return value !== undefined && value !== null && value !== false && value !== '';
}

/** The content of the item of a list that has this name, as the lists of a kubeconfig are built. */
export function readNamed(
  root: Named,
  wanted: { readonly list: string; readonly name: string; readonly content: string },
): Named {
  const list = valueOf(root, wanted.list);
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  const item = items.find((one) => isJsonObject(one) && one['name'] === wanted.name);
  const value = isJsonObject(item) ? item[wanted.content] : undefined;
  const path = `${root.path}: ${wanted.list}[${wanted.name}].${wanted.content}`;
  if (isJsonObject(value)) return { path, value };
  throw new Failure('config', `${path} is missing: expected an object, as the current context names it`);
}

function valueOf({ value }: Named, key: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
