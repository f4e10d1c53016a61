import { join } from 'node:path';
import type { Files } from '../../system/files.ts';
import { isJsonObject } from '../../system/json-object.ts';
import { keptText, readKept } from '../../system/kept-file.ts';

/**
 * Whether this Node has been started since the agent was here last; notes the present boot.
 * @param bootID of now (src/system/boot-id.ts)
 */
export function wasRebooted(files: Pick<Files, 'readIfThere' | 'replace'>, dataDir: string, bootID: string): boolean {
  const path = join(dataDir, 'agent/boot.json');
  const before = readKept(files.readIfThere(path), isBoot)?.boot;
  if (before !== bootID) files.replace(path, keptText({ boot: bootID }));
  return before !== undefined && before !== bootID;
}

function isBoot(value: unknown): value is { readonly boot: string } {
  return isJsonObject(value) && typeof value['boot'] === 'string';
}
