import { parseJsonObject } from '../../config/json.ts';
import { readNodeFile } from '../../config/node-file.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { nodeFileText, writeNodeFile } from './node-file.ts';
import { nodeFolder, readRecord, writeRecord, type AgentKeysRecord } from './record.ts';
import { readFile } from './whole-file.ts';

/** Keys of the Node file that follow from what the agent is told. */
export interface AgentKeys {
  readonly bridge?: string;
  readonly bridges?: readonly string[];
  readonly allowedVLANs?: readonly string[];
  readonly ovsdb?: string;
  readonly dataDir?: string;
  readonly agentSocket?: string;
}

export interface WantedKeys {
  readonly set: AgentKeys;
  /** Set where the administrator has not. */
  readonly otherwise?: AgentKeys;
  /** What these are to be is not known at the moment: they stay as they are. */
  readonly unknown?: readonly AgentKey[];
}

export type AgentKey = keyof AgentKeys;

const names = ['bridge', 'bridges', 'allowedVLANs', 'ovsdb', 'dataDir', 'agentSocket'] as const;

/**
 * Sets these keys of the Node file, where the plugin is installed. A key that is not among them any more gets the value
 * again that the administrator has given it, if any.
 * @returns whether there was something to do
 * @throws Failure when the Node file is not valid, or cannot be written
 */
export function keepAgentKeys(nodeFile: string, wanted: WantedKeys): boolean {
  const path = nodeFolder(nodeFile).record;
  const record = readRecord(path);
  if (record?.current === undefined) return false;
  const content = readContent(nodeFile);
  const next = changed(content, record.agentKeys, usable(content, wanted));
  if (isSame(next.content, content)) return false;
  const text = nodeFileText(next.content);
  // It has to be one that the plugin takes.
  readNodeFile({ read: () => Buffer.from(text) }, nodeFile);
  writeRecord(path, { ...record, agentKeys: next.record });
  writeNodeFile(nodeFile, text);
  return true;
}

/** What the Node file is without these keys of ours; undefined: the same. */
export function withoutAgentKeys(nodeFile: string, record: AgentKeysRecord | undefined): string | undefined {
  const before = readContent(nodeFile);
  const { content } = changed(before, record, { set: {} });
  return isSame(content, before) ? undefined : nodeFileText(content);
}

/** The agent's socket goes with the store of a cluster only: an administrator may have taken that out again. */
function usable({ kubeconfig }: JsonObject, { otherwise = {}, ...wanted }: WantedKeys): WantedKeys {
  const { agentSocket: _, ...others } = otherwise;
  return { ...wanted, otherwise: kubeconfig === undefined ? others : otherwise };
}

interface Change {
  readonly content: JsonObject;
  readonly record: AgentKeysRecord;
}

function changed(content: JsonObject, known: AgentKeysRecord | undefined, wanted: WantedKeys): Change {
  const { set = {}, last = {}, before = {} } = known ?? {};
  const isOurs = (name: string): boolean =>
    // The last one, when somebody was killed before the Node file had the next one.
    [set, last].some((values) => name in values && isSame(values[name], content[name]));
  const own = Object.fromEntries(names.map((name) => [name, isOurs(name) ? before[name] : content[name]]));
  const others = Object.fromEntries(Object.entries(content).filter(([key]) => !names.some((name) => name === key)));
  const otherwise = Object.entries(wanted.otherwise ?? {}).filter(([key]) => own[key] === undefined);
  const unknown = (wanted.unknown ?? []).filter(isOurs);
  const kept: JsonObject = Object.fromEntries(unknown.map((name) => [name, content[name]]));
  const next = defined({ ...Object.fromEntries(otherwise), ...wanted.set, ...kept });
  return {
    content: defined({ ...others, ...own, ...next }),
    record: { set: next, last: set, before: defined(own) },
  };
}

function defined(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Whatever the order of the keys is. */
function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function readContent(path: string): JsonObject {
  const bytes = readFile(path);
  return bytes === undefined ? {} : parseJsonObject(bytes, `Node file ${path}`);
}
