import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { fieldOf, isAbsent } from '../manifest.ts';
import type { Pool } from '../pool.ts';
import { selects } from '../selector-match.ts';
import type { Owner } from '../store.ts';
import { namespacePath } from './paths.ts';

/**
 * Refuses a Pod whose Namespace the pool does not select. Costs one request, and only where a pool selects.
 * @throws Failure `ipam`
 */
export async function checkNamespace(client: KubeClient, pool: Pool, { pod }: Owner): Promise<void> {
  const { name, namespaceSelector } = pool;
  if (namespaceSelector === undefined) return;
  if (pod.namespace === '') {
    throw new Failure(
      'ipam',
      `pool ${name} selects Namespaces, and the runtime names none: expected K8S_POD_NAMESPACE in CNI_ARGS`,
    );
  }
  if (selects(namespaceSelector, await labelsOf(client, pod.namespace))) return;
  throw new Failure(
    'ipam',
    `Namespace ${pod.namespace} may not use pool ${name}: expected labels as spec.namespaceSelector of the pool demands`,
  );
}

async function labelsOf(client: KubeClient, namespace: string): Promise<ReadonlyMap<string, string>> {
  const { status, body } = await client.send({ method: 'GET', path: namespacePath(namespace), expect: [404] });
  if (status === 404) throw new Failure('ipam', `Namespace ${namespace} does not exist: expected that of the Pod`);
  const labels = fieldOf(fieldOf({ path: '', value: body }, 'metadata'), 'labels');
  if (isAbsent(labels) || typeof labels.value !== 'object' || labels.value === null) return new Map();
  const pairs: readonly [string, unknown][] = Object.entries(labels.value);
  return new Map(pairs.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : [])));
}
