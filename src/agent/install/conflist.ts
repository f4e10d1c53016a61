import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { marker } from './conf-dir.ts';

export interface Chaining {
  /** Name of the file that the primary network is in. */
  readonly file: string;
  readonly content: JsonObject;
  /** What our plugin is called on this Node. */
  readonly plugin: string;
}

/** These know no result of a plugin before. */
const unchained = ['', '0.1.0', '0.2.0'];

/**
 * The primary network's list with our plugin at its end, under the same name: runtimes that look for a network by its
 * name find this one first. All else is kept as it is, what we do not know included.
 * @returns JSON
 * @throws Failure `config` for what runtimes would refuse, too; `unsupported` for what cannot be chained; `refused`
 */
export function chainedConflist({ file, content, plugin }: Chaining): string {
  const list = file.endsWith('.conflist') ? content : listOf(content, file);
  const plugins = pluginsOf(list, file);
  const { name } = list;
  if (typeof name !== 'string' || name === '') throw new Failure('config', `${file}: the key name is missing`);
  if (versionsOf(list).every((version) => unchained.includes(version))) {
    throw new Failure(
      'unsupported',
      `${file}: cniVersion ${JSON.stringify(list['cniVersion'] ?? '')} knows no chain of plugins: expected "0.3.1" or later`,
    );
  }
  if (plugins.some(({ type, networkType }) => type === plugin && networkType === 'secondary')) {
    throw new Failure(
      'refused',
      `${file} has the plugin ${plugin} of networkType secondary already: remove it there, and it is added in a list of its own`,
    );
  }
  const chained = [...plugins, { type: plugin, networkType: 'secondary' }];
  return `${JSON.stringify({ ...list, plugins: chained, [marker]: { version: 1, generatedFrom: file } }, undefined, 2)}\n`;
}

/** As libcni makes a list of a single plugin's configuration. */
function listOf(content: JsonObject, file: string): JsonObject {
  const { type, name, cniVersion } = content;
  if (typeof type === 'string' && type !== '') {
    return { ...(cniVersion !== undefined && { cniVersion }), name, plugins: [content] };
  }
  throw new Failure(
    'config',
    'plugins' in content
      ? `${file} has a list of plugins: runtimes expect one in a file that ends with .conflist`
      : `${file}: the key type is missing: it names the plugin`,
  );
}

/** Those in the list; where it leaves them to a folder, they have been put into it (plugin-folder.ts). */
function pluginsOf({ plugins }: JsonObject, file: string): readonly JsonObject[] {
  if (!Array.isArray(plugins) || plugins.length === 0) {
    throw new Failure('config', `${file}: plugins is no list of at least one plugin`);
  }
  const wrong = plugins.findIndex((one) => !isJsonObject(one) || typeof one['type'] !== 'string' || one['type'] === '');
  if (wrong !== -1) throw new Failure('config', `${file}: plugins[${wrong}] has no type: it names the plugin`);
  return plugins.filter(isJsonObject);
}

function versionsOf({ cniVersion, cniVersions }: JsonObject): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(cniVersions) ? cniVersions : [];
  return [cniVersion ?? '', ...listed].filter((version) => typeof version === 'string');
}
