import type { YAMLError } from 'yaml';
import { Failure, messageOf } from '../../system/failure.ts';
import { isJsonObject } from '../../system/json-object.ts';
import type { ParsedDocument } from '../yaml/documents.ts';
import type { RepeatedKey } from '../yaml/repeated-key.ts';

/** One object of a manifest file. */
export interface Manifest {
  /** For messages: `pools.yaml, document 2`, with `, items[3]` in a List. */
  readonly where: string;
  readonly value: unknown;
}

export interface Manifests {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly Failure[];
}

/** Deep enough for any pool, and no danger to a recursive reader. */
const maxDepth = 32;

/**
 * The objects of a text that is JSON or YAML (of which JSON is a part), several documents and Lists
 * unpacked. Empty documents count, but are no objects.
 * @param what names the text in messages
 */
export async function parseManifests(text: string, what: string): Promise<Manifests> {
  try {
    // The package is loaded where it is needed.
    const { parseDocuments } = await import('../yaml/documents.ts');
    return gather(parseDocuments(text), what);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return { manifests: [], problems: [tooDeep(what, cause)] };
  }
}

function gather(documents: readonly ParsedDocument[], what: string): Manifests {
  const manifests: Manifest[] = [];
  const problems: Failure[] = [];
  for (const [index, document] of documents.entries()) {
    const where = `${what}, document ${index + 1}`;
    try {
      for (const manifest of unpack({ where, value: plainValue(document, where) })) manifests.push(manifest);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems.push(error);
    }
  }
  return { manifests, problems };
}

function plainValue({ document, repeated }: ParsedDocument, where: string): unknown {
  const [error] = document.errors;
  if (error !== undefined) throw syntaxFailure(error, where);
  if (repeated !== undefined) throw repetition(repeated, where);
  const value = withoutAliases(document, where);
  refuseHostileShapes(value, where);
  return value;
}

function repetition({ key, place }: RepeatedKey, where: string): Failure {
  return new Failure('decode', `${where} has the key ${key} twice: the second one is at ${place}`);
}

/** A few lines of aliases of aliases stand for more than any memory holds. */
function withoutAliases(document: ParsedDocument['document'], where: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    return value;
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    throw new Failure('decode', `${where} has a YAML alias (*name): expected every value written out`, { cause });
  }
}

function syntaxFailure(error: YAMLError, where: string): Failure {
  if (error.code === 'RESOURCE_EXHAUSTION') return tooDeep(where, error);
  const [line = '', ...excerpt] = messageOf(error).split('\n');
  const details = excerpt.join('\n').trimEnd();
  return new Failure('decode', `${where} is neither YAML nor JSON: ${line.replace(/:$/, '')}`, {
    ...(details !== '' && { details }),
    cause: error,
  });
}

/** Level by level, so that depth costs no stack. */
function refuseHostileShapes(root: unknown, where: string): void {
  let level: readonly unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) throw tooDeep(where);
    const containers = level.filter((value) => typeof value === 'object' && value !== null);
    if (containers.some((value) => Object.hasOwn(value, '__proto__')))
      throw new Failure('decode', `${where} has the key "__proto__"`);
    level = containers.flatMap((value): unknown[] => Object.values(value));
  }
}

function unpack({ where, value }: Manifest): readonly Manifest[] {
  if (value === null) return [];
  if (!isJsonObject(value) || (value['kind'] !== 'List' && value['kind'] !== 'IPPoolList')) return [{ where, value }];
  const { items } = value;
  if (Array.isArray(items))
    return items.map((item: unknown, index) => ({ where: `${where}, items[${index}]`, value: item }));
  throw new Failure('config', `${where} is a ${value['kind']} without items: expected a list of IPPools`);
}

function tooDeep(where: string, cause?: Error): Failure {
  return new Failure('decode', `${where} is nested deeper than ${maxDepth} levels`, { cause });
}
