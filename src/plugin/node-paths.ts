import { isJsonObject } from '../config/json.ts';
import type { NodeSettings } from '../config/node-file.ts';
import { Failure } from '../system/failure.ts';
import { quote } from '../system/quote.ts';

/**
 * A configuration is a tenant's: it may not have a plugin that runs as root read or write files of the Node.
 * @param key names `value` in the message; empty for a whole configuration
 * @throws Failure `unsupported`
 */
export function refuseNodePaths({ allowPaths }: Pick<NodeSettings, 'allowPaths'>, value: unknown, key: string): void {
  if (allowPaths) return;
  const path = findPath(value, key);
  if (path === undefined) return;
  throw new Failure('unsupported', `${path} names a file or a socket of the Node, which a network may not`, {
    details: 'an administrator can allow it with allowPaths in the Node file',
  });
}

/** Whatever their case, in Unicode: so does Go's JSON, by which most plugins read them. */
const pathKeys =
  /^(dataDir|resolvConf|daemonSocketPath|configuration_path|log_file|kubernetes|kubeconfig|kernelpath|socketPath)$/iu;

function findPath(value: unknown, key: string): string | undefined {
  if (typeof value === 'string') return /^(\.{0,2}\/|[a-z]+:\/)/i.test(value) ? `${key} ${quote(value)}` : undefined;
  if (Array.isArray(value)) return firstOf(value.map((item, index) => [`${key}[${index}]`, item]));
  if (!isJsonObject(value)) return undefined;
  const inner = (name: string): string => (key === '' ? name : `${key}.${name}`);
  const named = Object.keys(value).find((name) => pathKeys.test(name));
  if (named !== undefined) return inner(named);
  return firstOf(Object.entries(value).map(([name, item]) => [inner(name), item]));
}

function firstOf(entries: readonly (readonly [string, unknown])[]): string | undefined {
  for (const [key, value] of entries) {
    const path = findPath(value, key);
    if (path !== undefined) return path;
  }
  return undefined;
}
