import fs from 'node:fs';
import { join } from 'node:path';
import { parseJsonObject } from '../../config/json.ts';
import { Failure, messageOf, systemCode } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

/** A file that a container runtime takes for the configuration of a network. */
export interface ConfFile {
  readonly name: string;
  /** Why it could not be read, instead. */
  readonly content: JsonObject | Failure;
}

/** What says, in a list of ours, that it is one: nobody else asks for this key, and nobody minds it. */
export const marker = 'antrea-cni';

/** `.conflist` holds a list of plugins, the others a single one: libcni's ConfFiles, as containerd and CRI-O call it. */
const ofNetworks = /\.(?:conf|conflist|json)$/;
const ofPlugins = /\.conf$/;
/** Bytes. An honest one has some thousand. */
const maxSize = 1024 * 1024;

/**
 * The configurations of a folder, in the order in which runtimes look for the first one.
 * @returns none when there is no such folder
 * @throws Failure `io`
 */
export function readConfDir(dir: string): readonly ConfFile[] {
  return readFiles(dir, ofNetworks);
}

/**
 * The plugins of a network that leaves them to a folder, in their order; see plugin-folder.ts.
 * @throws Failure `io`
 */
export function readPluginDir(dir: string): readonly ConfFile[] {
  return readFiles(dir, ofPlugins);
}

function readFiles(dir: string, extensions: RegExp): readonly ConfFile[] {
  return namesOf(dir)
    .filter((name) => extensions.test(name))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => ({ name, content: readConf(join(dir, name)) }));
}

export function isOurs({ content }: ConfFile): boolean {
  return !(content instanceof Failure) && isJsonObject(content[marker]);
}

/** The `type` of each plugin; none where it is no configuration. */
export function pluginTypes({ content }: ConfFile): readonly string[] {
  if (content instanceof Failure) return [];
  const { plugins } = content;
  return [content, ...(Array.isArray(plugins) ? plugins.filter(isJsonObject) : [])]
    .map(({ type }) => type)
    .filter((type) => typeof type === 'string');
}

function namesOf(dir: string): readonly string[] {
  try {
    return fs
      .readdirSync(dir, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw new Failure('io', `the folder ${dir} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function readConf(path: string): JsonObject | Failure {
  try {
    return parseJsonObject(withoutSurprise(readBytes(path), path), path);
  } catch (cause) {
    if (cause instanceof Failure) return cause;
    return new Failure('io', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Not blocked by a pipe that bears such a name, nor filled up by a huge file. */
function readBytes(path: string): Buffer {
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile()) throw new Failure('decode', `${path} is no file: expected a CNI configuration`);
    if (stat.size > maxSize) throw new Failure('decode', `${path} is larger than ${maxSize} bytes`);
    return fs.readFileSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Runtimes refuse it as we do, but in words that nobody understands. */
function withoutSurprise(bytes: Buffer, path: string): Buffer {
  if (!bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) return bytes;
  throw new Failure('decode', `${path} begins with a byte order mark, which runtimes refuse: save it without`);
}
