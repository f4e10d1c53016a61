import { resolve } from 'node:path';
import { accessOfPod } from './service-account.ts';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { Failure } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import { homeKubeconfig, listedKubeconfigs } from '../kubeconfig/paths.ts';
import { readUserKubeconfig } from '../kubeconfig/read.ts';
import { runProgram } from '../kubeconfig/run-program.ts';

export interface AccessRequest {
  /** `--kubeconfig` */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: Pick<Files, 'read' | 'exists'>;
}

export interface FoundAccess {
  readonly access: ClusterAccess;
  /** Where it is from, for people. */
  readonly source: string;
}

/**
 * The kubeconfig that is named, that of $KUBECONFIG, the ServiceAccount of the Pod that this runs in (unless a context
 * is named), or ~/.kube/config; in this order.
 * @throws Failure `config`
 */
export async function findAccess({ kubeconfig, context, env, files }: AccessRequest): Promise<FoundAccess> {
  const named = kubeconfig === undefined ? listedKubeconfigs(env) : [resolve(kubeconfig)];
  // Whoever names a context means that of a kubeconfig.
  const pod = named.length === 0 && context === undefined ? accessOfPod(files, env) : undefined;
  if (pod !== undefined) return { access: pod, source: "the Pod's ServiceAccount" };
  const own = homeKubeconfig(env);
  const paths = named.length > 0 ? named : files.exists(own) ? [own] : [];
  if (paths.length === 0) {
    throw new Failure(
      'config',
      `no way to the API server is known: expected --kubeconfig, $KUBECONFIG, a Pod with a ServiceAccount, or ${own}`,
    );
  }
  const { access } = await readUserKubeconfig({ files, paths, context, run: runProgram });
  return { access, source: `the kubeconfig ${paths.join(':')}` };
}
