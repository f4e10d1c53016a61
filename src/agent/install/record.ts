import { dirname, join } from 'node:path';
import { parseJsonObject } from '../../config/json.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { pick, type OwnKeys } from './node-file.ts';
import { putText, readFile } from './whole-file.ts';

/** Where an installation has put its things; written before the first of them, so that whatever is there can be found. */
export interface InstallRecord {
  /** Paths: more than one when it was installed under another name before. */
  readonly executables: readonly string[];
  readonly confDirs: readonly string[];
  /** The Node file's values of our keys before. */
  readonly before: OwnKeys;
  /** What is to be kept up to date; undefined until all of it is there, and from the begin of its removal on. */
  readonly current: Installation | undefined;
  /** Keys of the Node file that the agent has set; undefined: none ever. */
  readonly agentKeys?: AgentKeysRecord | undefined;
}

/** Values of keys, by their names. */
export interface AgentKeysRecord {
  readonly set: JsonObject;
  /** Those that were set before. */
  readonly last: JsonObject;
  /** The administrator's. */
  readonly before: JsonObject;
}

export interface Installation {
  readonly mode: 'native' | 'multus';
  /** What our plugin is called on this Node. */
  readonly plugin: string;
  readonly confDir: string;
  readonly nodeName: string;
  /** Milliseconds that a token shall be valid. */
  readonly tokenLifetime: number;
}

/** What lies beside the Node file. */
export interface NodeFolder {
  readonly nodeFile: string;
  readonly kubeconfig: string;
  readonly token: string;
  readonly record: string;
}

const version = 1;

export function nodeFolder(nodeFile: string): NodeFolder {
  const folder = dirname(nodeFile);
  return {
    nodeFile,
    kubeconfig: join(folder, 'kubeconfig.json'),
    token: join(folder, 'token'),
    record: join(folder, 'install.json'),
  };
}

/** @returns undefined when there is none @throws Failure `io`; `decode` or `config` when it is not ours */
export function readRecord(path: string): InstallRecord | undefined {
  const bytes = readFile(path);
  if (bytes === undefined) return undefined;
  const { version: written, executables, confDirs, before, current, agentKeys } = parseJsonObject(bytes, path);
  if (written !== version || !isTexts(executables) || !isTexts(confDirs)) {
    throw new Failure(
      'config',
      `${path} is no record of an installation that this version knows: expected version ${version}`,
      {
        details: 'remove it, if no other version has written it',
      },
    );
  }
  return {
    executables,
    confDirs,
    before: isJsonObject(before) ? pick(before) : {},
    current: isJsonObject(current) ? readCurrent(current) : undefined,
    agentKeys: isJsonObject(agentKeys) ? readAgentKeys(agentKeys) : undefined,
  };
}

function readCurrent({ mode, plugin, confDir, nodeName, tokenLifetime }: JsonObject): Installation | undefined {
  if ((mode !== 'native' && mode !== 'multus') || typeof tokenLifetime !== 'number') return undefined;
  if (typeof plugin !== 'string' || typeof confDir !== 'string' || typeof nodeName !== 'string') return undefined;
  return { mode, plugin, confDir, nodeName, tokenLifetime };
}

function readAgentKeys({ set, last, before }: JsonObject): AgentKeysRecord | undefined {
  return isJsonObject(set) && isJsonObject(last) && isJsonObject(before) ? { set, last, before } : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

export function writeRecord(path: string, record: InstallRecord): void {
  putText(path, `${JSON.stringify({ version, ...record }, undefined, 2)}\n`, 0o600);
}
