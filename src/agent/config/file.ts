import { parse } from 'yaml';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import { readSettings, type AgentSettings } from './settings.ts';

/** Bytes. */
const largest = 256 * 1024;

/**
 * Reads the file at each call. Of a text that is as it was, nothing is made anew: the settings are the same object.
 * @returns a function that throws Failure `config`, `decode` or `unsupported`
 */
export function agentFileReader(files: Pick<Files, 'read'>, path: string): () => AgentSettings {
  let last: { readonly text: string; readonly made: AgentSettings | Failure } | undefined;
  return () => {
    const text = readText(files, path);
    if (text !== last?.text) last = { text, made: settingsOrFailure(text, `agent configuration ${path}`) };
    if (last.made instanceof Failure) throw last.made;
    return last.made;
  };
}

function settingsOrFailure(text: string, what: string): AgentSettings | Failure {
  try {
    return parseAgentFile(text, what);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
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
