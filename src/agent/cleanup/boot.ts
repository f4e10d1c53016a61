import { join } from 'node:path';
import { isJsonObject } from '../../system/json-object.ts';
import type { Files } from '../../system/files.ts';

const version = 1;

/**
 * Whether this Node has been started since the agent was here last; notes the present boot.
 * @param bootID as /proc/sys/kernel/random/boot_id has it
 */
export function wasRebooted(files: Pick<Files, 'readIfThere' | 'replace'>, dataDir: string, bootID: string): boolean {
  const path = join(dataDir, 'agent/boot.json');
  const before = readBoot(files.readIfThere(path));
  if (before !== bootID) files.replace(path, JSON.stringify({ version, boot: bootID }));
  return before !== undefined && before !== bootID;
}

export function currentBoot(files: Pick<Files, 'read'>): string {
  return files.read('/proc/sys/kernel/random/boot_id').toString('utf8').trim();
}

function readBoot(bytes: Buffer | undefined): string | undefined {
  try {
    const content: unknown = JSON.parse(bytes?.toString('utf8') ?? '');
    return isJsonObject(content) && typeof content['boot'] === 'string' ? content['boot'] : undefined;
  } catch {
    return undefined;
  }
}
