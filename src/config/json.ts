import { Failure } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';

export { isJsonObject, type JsonObject };

const limits = {
  /** Bytes. A GC call for a Node with thousands of attachments stays below; etcd holds no larger configuration. */
  size: 4 * 1024 * 1024,
  depth: 64,
};

/**
 * Parses untrusted JSON that must be one object: bounded in size and depth, valid UTF-8, without `__proto__` keys.
 * @param what names the input in the message
 * @throws Failure `decode`
 */
export function parseJsonObject(bytes: Buffer, what: string): JsonObject {
  if (bytes.length > limits.size) throw new Failure('decode', `${what} is larger than ${limits.size} bytes`);
  if (!process.getBuiltinModule('node:buffer').isUtf8(bytes)) throw new Failure('decode', `${what} is not valid UTF-8`);
  const value = parse(bytes.toString('utf8'), what);
  if (!isJsonObject(value)) throw new Failure('decode', `${what} is not a JSON object`);
  refuseHostileShapes(value, what);
  return value;
}

function parse(text: string, what: string): unknown {
  if (text.trim() === '') throw new Failure('decode', `${what} is empty: it must be a JSON object`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure('decode', `${what} is not JSON: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
}

/** Level by level, so that depth costs no stack. */
function refuseHostileShapes(root: JsonObject, what: string): void {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limits.depth) throw new Failure('decode', `${what} is nested deeper than ${limits.depth} levels`);
    if (level.some((container) => Object.hasOwn(container, '__proto__'))) {
      throw new Failure('decode', `${what} has the key "__proto__"`);
    }
    level = level.flatMap(containersIn);
  }
}

function containersIn(container: object): object[] {
  const values: readonly unknown[] = Object.values(container);
  return values.filter((value) => typeof value === 'object' && value !== null);
}
