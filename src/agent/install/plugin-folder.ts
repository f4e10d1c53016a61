import { join } from 'node:path';
import { Failure } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { isOurs, readConfDir, readPluginDir, type ConfFile } from './conf-dir.ts';

/**
 * A list that has no plugins of its own, with those of the folder `<confDir>/<name of the network>`, `*.conf`, as libcni
 * 1.3 and later load it. It says that these are all: a runtime that reads it would else add them once more.
 *
 * A list that has some is left as it is. Whether more are loaded is up to the runtime, which does so behind ours, too.
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/libcni/conf.go
 */
export function withPluginsOfFolder(confDir: string, file: ConfFile): ConfFile {
  const folder = folderOf(file);
  if (folder === undefined || file.content instanceof Failure) return file;
  try {
    const plugins = pluginsIn(join(confDir, folder), file.name);
    return { ...file, content: { ...file.content, plugins, loadOnlyInlinedPlugins: true } };
  } catch (error) {
    if (error instanceof Failure) return { ...file, content: error };
    throw error;
  }
}

/** The folder that the primary network leaves its plugins to, whether it is there or not; undefined: to none. */
export function pluginFolder(confDir: string): string | undefined {
  const primary = readConfDir(confDir).find((file) => !isOurs(file));
  const folder = primary && folderOf(primary);
  return folder === undefined ? undefined : join(confDir, folder);
}

/** CNI spec 1.1.0, section 1: names of networks. No path can be one. */
const networkName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** As libcni reads it. */
const isTrue: readonly unknown[] = [true, 'true'];

function folderOf({ name: file, content }: ConfFile): string | undefined {
  if (!file.endsWith('.conflist') || content instanceof Failure || 'plugins' in content) return undefined;
  const { name, loadOnlyInlinedPlugins } = content;
  if (isTrue.includes(loadOnlyInlinedPlugins) || typeof name !== 'string' || !networkName.test(name)) return undefined;
  return name;
}

/** @throws Failure */
function pluginsIn(folder: string, file: string): readonly JsonObject[] {
  const plugins = readPluginDir(folder).map(({ name, content }) => {
    if (content instanceof Failure) throw content;
    if (typeof content['type'] === 'string' && content['type'] !== '') return content;
    throw new Failure('config', `${join(folder, name)}: the key type is missing: it names the plugin`);
  });
  if (plugins.length > 0) return plugins;
  throw new Failure('config', `${file} has no plugins, and the folder ${folder} has no plugin in a file *.conf`);
}
