import { resolve } from 'node:path';
import { nodeFilePath } from '../config/node-file-path.ts';
import { readNodeFile } from '../config/node-file.ts';
import type { Files } from '../system/files.ts';
import { homeKubeconfig, listedKubeconfigs } from './kubeconfig/paths.ts';
import type { Terminal } from './terminal.ts';

export interface StoreOptions {
  readonly dataDir?: string;
  readonly nodeConfig?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Where pools and allocations are. */
export type Place =
  | { readonly kind: 'files'; readonly dataDir: string; readonly nodeFile: string | undefined }
  /** By the Node file's kubeconfig, in JSON form: just what the plugin does. */
  | { readonly kind: 'node'; readonly kubeconfig: string; readonly nodeFile: string }
  /** By a person's kubeconfig; several files are merged. */
  | { readonly kind: 'user'; readonly kubeconfigs: readonly string[]; readonly context: string | undefined };

export interface Surroundings {
  readonly files: Pick<Files, 'read' | 'exists'>;
  readonly env: Terminal['env'];
}

/**
 * What the options name, else the Node file's store, else the cluster of $KUBECONFIG or ~/.kube/config, else files in
 * the default folder.
 * @throws Failure when the Node file is not valid
 */
export function choosePlace(options: StoreOptions, { files, env }: Surroundings): Place {
  const { dataDir, kubeconfig, context } = options;
  if (dataDir !== undefined) return { kind: 'files', dataDir: resolve(dataDir), nodeFile: undefined };
  if (kubeconfig !== undefined) return { kind: 'user', kubeconfigs: [resolve(kubeconfig)], context };
  const named = namedNodeFile(options, env);
  const nodeFile = nodeFilePath(named);
  const kubeconfigs = kubeconfigsOf({ files, env });
  if (context !== undefined) return { kind: 'user', kubeconfigs: kubeconfigs ?? [homeKubeconfig(env)], context };
  const isThere = named !== undefined || files.exists(nodeFile);
  if (!isThere && kubeconfigs !== undefined) return { kind: 'user', kubeconfigs, context };
  const { store, dataDir: ofNode } = readNodeFile(files, named);
  if (store.kind === 'kubernetes') return { ...store, kind: 'node', nodeFile };
  return { kind: 'files', dataDir: ofNode, nodeFile };
}

/** Which Node file counts: the option, else ANTREA_NODE_CONFIG; undefined is the default one. */
export function namedNodeFile({ nodeConfig }: StoreOptions, env: Terminal['env']): string | undefined {
  return nodeConfig === undefined ? env['ANTREA_NODE_CONFIG'] || undefined : resolve(nodeConfig);
}

function kubeconfigsOf({ files, env }: Surroundings): readonly string[] | undefined {
  const listed = listedKubeconfigs(env);
  if (listed.length > 0) return listed;
  const path = homeKubeconfig(env);
  return files.exists(path) ? [path] : undefined;
}
