import { parse } from 'yaml';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import { readSettings, type AgentSettings } from './settings.ts';

/** Bytes. */
const largest = 256 * 1024;

/** @throws Failure `config`, `decode` or `unsupported` */
export function readAgentFile(files: Pick<Files, 'read'>, path: string): AgentSettings {
  return parseAgentFile(readText(files, path), `agent configuration ${path}`);
}

/** YAML, or JSON, which is YAML. */
export function parseAgentFile(text: string, what: string): AgentSettings {
  if (text.length > largest) throw new Failure('decode', `${what} is larger than ${largest} bytes`);
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new Failure('decode', `${what} is not YAML: ${messageOf(cause)}`, { cause });
  }
  // A file of comments only.
  return readSettings(content ?? {}, what);
}

function readText(files: Pick<Files, 'read'>, path: string): string {
  try {
    return files.read(path).toString('utf8');
  } catch (cause) {
    throw new Failure('config', `the agent configuration ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
