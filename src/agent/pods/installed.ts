import { readNodeFile } from '../../config/node-file.ts';
import { Failure } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import { isJsonObject } from '../../system/json-object.ts';
import { isOurs, readConfDir } from '../install/conf-dir.ts';
import { nodeFolder, readRecord, type Installation } from '../install/record.ts';

/** How Pods get their networks on this Node. */
export interface Installed {
  readonly dataDir: string;
  /** Namespaces whose Pods get none. */
  readonly skipNamespaces: readonly string[];
}

/**
 * @returns undefined where the plugin is not called for each Pod: nothing is installed, or Multus calls it
 * @throws Failure when the Node file cannot be read
 */
export function installedNatively(nodeFile: string, files: Pick<Files, 'read'>): Installed | undefined {
  const current = currentOf(nodeFile);
  if (current?.mode !== 'native') return undefined;
  return { dataDir: readNodeFile(files, nodeFile).dataDir, skipNamespaces: skippedIn(current) };
}

/** What is wrong with the record, the service that keeps the installation says. */
function currentOf(nodeFile: string): Installation | undefined {
  try {
    return readRecord(nodeFolder(nodeFile).record)?.current;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** As in schemas/secondary.schema.json. */
const skippedByDefault = ['kube-system'];

function skippedIn({ confDir, plugin }: Installation): readonly string[] {
  const content = readConfDir(confDir).find(isOurs)?.content;
  if (content === undefined || content instanceof Failure || !Array.isArray(content['plugins']))
    return skippedByDefault;
  const own = content['plugins']
    .filter(isJsonObject)
    .find(({ type, networkType }) => type === plugin && networkType === 'secondary');
  const skipped = own?.['skipNamespaces'];
  return Array.isArray(skipped) ? skipped.filter((one) => typeof one === 'string') : skippedByDefault;
}
