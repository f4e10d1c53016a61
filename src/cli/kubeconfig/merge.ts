import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

/** A kubeconfig file that has been parsed. */
export interface ParsedFile {
  /** Absolute. */
  readonly path: string;
  readonly content: JsonObject;
}

/** One context, as if a single file had nothing but it. */
export interface ChosenContext {
  readonly name: string;
  /** Where Pods are looked for when nothing else is said. */
  readonly namespace: string;
  /** A kubeconfig with this context alone; paths in it are absolute. */
  readonly kubeconfig: JsonObject;
}

/** What holds paths; a command without a slash is looked for in PATH. */
const pathKeys = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/**
 * As kubectl reads several files: of each name, and of current-context, the first file that has it counts.
 * @param wanted the context's name; undefined: current-context
 * @throws Failure `config` when there is no such context
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
export function chooseContext(files: readonly ParsedFile[], wanted: string | undefined): ChosenContext {
  const contexts = itemsOf(files, 'contexts');
  const name = wanted ?? firstText(files, 'current-context');
  const item = contexts.find((one) => one['name'] === name);
  const context = isJsonObject(item?.['context']) ? item['context'] : undefined;
  if (name === undefined || context === undefined) throw noContext(files, name);
  const { namespace } = context;
  return {
    name,
    namespace: typeof namespace === 'string' && namespace !== '' ? namespace : 'default',
    kubeconfig: {
      'current-context': name,
      contexts: [item],
      clusters: itemsOf(files, 'clusters').filter((one) => one['name'] === context['cluster']),
      users: itemsOf(files, 'users').filter((one) => one['name'] === context['user']),
    },
  };
}

/** Those of all files; paths in them start at the file's own folder. */
function itemsOf(files: readonly ParsedFile[], key: string): readonly JsonObject[] {
  return files.flatMap(({ path, content }) => {
    const list: unknown = content[key];
    const items: readonly unknown[] = Array.isArray(list) ? list : [];
    return items.filter(isJsonObject).map((item) => anchored(item, path.slice(0, path.lastIndexOf('/') + 1)));
  });
}

function anchored(item: JsonObject, folder: string): JsonObject {
  const entries = Object.entries(item).map(([key, value]): [string, unknown] => {
    if (isJsonObject(value)) return [key, anchored(value, folder)];
    return [key, typeof value === 'string' && isRelativePath(key, value) ? `${folder}${value}` : value];
  });
  return Object.fromEntries(entries);
}

function isRelativePath(key: string, value: string): boolean {
  if (value === '' || value.startsWith('/')) return false;
  return pathKeys.includes(key) || (key === 'command' && value.includes('/'));
}

function firstText(files: readonly ParsedFile[], key: string): string | undefined {
  const texts = files.map(({ content }) => content[key]);
  return texts.find((text): text is string => typeof text === 'string' && text !== '');
}

function noContext(files: readonly ParsedFile[], name: string | undefined): Failure {
  const contexts = itemsOf(files, 'contexts').filter(({ context }) => isJsonObject(context));
  const names = contexts.flatMap((item) => (typeof item['name'] === 'string' ? [item['name']] : []));
  const paths = files.map(({ path }) => path).join(':');
  const known = names.length === 0 ? 'it has none' : `one of ${names.join(', ')}`;
  if (name === undefined)
    return new Failure('config', `the kubeconfig ${paths} has no current-context: expected --context; ${known}`);
  const expected = names.length === 0 ? 'another kubeconfig, as it has none' : known;
  return new Failure('config', `the kubeconfig ${paths} has no context ${JSON.stringify(name)}: expected ${expected}`);
}
