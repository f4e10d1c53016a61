import fs from 'node:fs';
import { parseJsonObject } from '../../config/json.ts';
import { readNodeFile } from '../../config/node-file.ts';
import { Failure } from '../../system/failure.ts';
import { unlessMissing } from '../../system/files.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { putText, readFile, removeFile } from './whole-file.ts';

/** The keys that an installation sets. All others are the administrator's, and so are these once it is gone. */
export interface OwnKeys {
  readonly store?: unknown;
  readonly kubeconfig?: unknown;
  readonly nodeName?: unknown;
}

const keys = ['store', 'kubeconfig', 'nodeName'] as const;

/**
 * The administrator's values of our keys, before we set them; none where they are ours already.
 * @param kubeconfig as we set it
 * @throws Failure `decode`
 */
export function readOwnKeys(path: string, kubeconfig: string): OwnKeys {
  const content = readContent(path) ?? {};
  return content['kubeconfig'] === kubeconfig ? {} : pick(content);
}

/**
 * What the Node file becomes with our keys.
 * @throws Failure `decode`, `config` or `unsupported` when it is not valid; `refused` when it names the store in files
 */
export function withOwnKeys(path: string, own: OwnKeys): string {
  const content = readContent(path) ?? {};
  if (content['store'] === 'file') {
    throw new Failure('refused', `Node file ${path}: store is "file": the addresses of this Node are kept in files`, {
      details: 'remove that key, and put the pools into the cluster (antrea ippool apply), when no Pod uses them',
    });
  }
  const isSet = Object.entries(own).every(([key, value]) => content[key] === value);
  const text = isSet ? fs.readFileSync(path, 'utf8') : nodeFileText({ ...content, ...own });
  // It has to be one that the plugin takes.
  readNodeFile({ read: () => Buffer.from(text) }, path);
  return text;
}

export interface Removal {
  readonly path: string;
  /** As we have set it: it tells whether the keys are still ours. */
  readonly kubeconfig: string;
  /** Of the administrator. */
  readonly before: OwnKeys;
}

/** Takes our keys out again; a file that has no other goes with them. @returns whether there was something to do */
export function removeOwnKeys({ path, kubeconfig, before }: Removal): boolean {
  const content = readContent(path);
  if (content === undefined || content['kubeconfig'] !== kubeconfig) return false;
  const others = Object.fromEntries(Object.entries(content).filter(([key]) => !keys.some((own) => own === key)));
  const restored = { ...others, ...before };
  if (Object.keys(restored).length === 0) return removeFile(path);
  putText(realPath(path), nodeFileText(restored), modeOf(path));
  return true;
}

/** Keeps who may read it. */
export function writeNodeFile(path: string, text: string): void {
  putText(realPath(path), text, modeOf(path));
}

/** Our keys of what may be anything. */
export function pick(content: JsonObject): OwnKeys {
  return Object.fromEntries(keys.filter((key) => key in content).map((key) => [key, content[key]]));
}

function readContent(path: string): JsonObject | undefined {
  const bytes = readFile(path);
  const content = bytes === undefined ? undefined : parseJsonObject(bytes, `Node file ${path}`);
  return isJsonObject(content) ? content : undefined;
}

/** A file that is a link stays one. */
function realPath(path: string): string {
  return unlessMissing(() => fs.realpathSync(path)) ?? path;
}

function modeOf(path: string): number {
  return (unlessMissing(() => fs.statSync(path).mode) ?? 0o644) & 0o777;
}

export function nodeFileText(content: JsonObject): string {
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
