import { parseForeignJson } from '../system/bounded-json.ts';
import { Failure } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';
import { refuseHostileShapes } from '../system/json-shape.ts';

export { isJsonObject, type JsonObject };

/** Bytes. A GC call for a Node with thousands of attachments stays below; etcd holds no larger configuration. */
const largest = 4 * 1024 * 1024;

/**
 * Parses untrusted JSON that must be one object: bounded in size, depth and strings, valid UTF-8, without `__proto__` keys.
 * @param what names the input in the message
 * @throws Failure `decode`
 */
export function parseJsonObject(bytes: Buffer, what: string): JsonObject {
  if (bytes.length > largest) throw new Failure('decode', `${what} is larger than ${largest} bytes`);
  if (!process.getBuiltinModule('node:buffer').isUtf8(bytes)) throw new Failure('decode', `${what} is not valid UTF-8`);
  const value = parse(bytes.toString('utf8'), what);
  if (!isJsonObject(value)) throw new Failure('decode', `${what} is not a JSON object`);
  refuseHostileShapes(value, what);
  return value;
}

function parse(text: string, what: string): unknown {
  if (text.trim() === '') throw new Failure('decode', `${what} is empty: it must be a JSON object`);
  if (text.startsWith('\uFEFF')) throw new Failure('decode', `${what} begins with a byte order mark: remove it`);
  try {
    return parseForeignJson(text, what);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('decode', `${what} is not JSON: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
}
