import { readNodeFile } from '../../config/node-file.ts';
import { readKubeconfig, type ClusterAccess } from '../../kube/kubeconfig.ts';
import { Failure } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import { monotonicNow } from '../../system/time.ts';

/** How the plugin of this Node reaches the API server, and as whom. */
export interface PluginAccess {
  /** Path of its kubeconfig. */
  readonly kubeconfig: string;
  readonly access: ClusterAccess;
}

export interface AccessOptions {
  readonly files: Pick<Files, 'read'>;
  /** Path of the Node file; undefined: the agent knows of none. */
  readonly nodeFile: string | undefined;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Milliseconds for which what was read is not read again. The token is, whenever it is used. */
const fresh = 2000;

/**
 * Reads what the Node file names. As long as that stays the same, the answer is the same object.
 * @returns a function that throws Failure when there is no such file, or it names no kubeconfig
 */
export function pluginAccess({ files, nodeFile, now = monotonicNow }: AccessOptions): () => PluginAccess {
  let last: { readonly found: PluginAccess; readonly text: string; readonly until: number } | undefined;
  return () => {
    if (last !== undefined && now() < last.until) return last.found;
    const found = readAccess(files, nodeFile);
    const text = JSON.stringify(found);
    last = { found: text === last?.text ? last.found : found, text, until: now() + fresh };
    return last.found;
  };
}

function readAccess(files: Pick<Files, 'read'>, nodeFile: string | undefined): PluginAccess {
  if (nodeFile === undefined) throw new Failure('unavailable', 'this agent has not been told of a Node file');
  const { store } = readNodeFile(files, nodeFile);
  if (store.kind === 'file') throw new Failure('unavailable', `the Node file ${nodeFile} names no kubeconfig`);
  const { kubeconfig } = store;
  return { kubeconfig, access: readKubeconfig(files, kubeconfig) };
}
