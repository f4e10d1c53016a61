import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The files that $KUBECONFIG lists, absolute; none when it is not set, or empty. */
export function listedKubeconfigs(env: Environment): readonly string[] {
  const paths = (env['KUBECONFIG'] ?? '').split(':');
  return paths.filter((path) => path !== '').map((path) => resolve(path));
}

/** ~/.kube/config, whether there is one or not. */
export function homeKubeconfig(env: Environment): string {
  return join(env['HOME'] || '/root', '.kube/config');
}
