import { accepted } from '../../cluster/api.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { applyObject } from '../../cluster/deploy.ts';
import { makeToken } from '../../cluster/objects.ts';

const namespace = 'kube-system';
const name = 'multus';

/** A ServiceAccount with what Multus needs and no more; returns a token of it. */
export async function admitMultus({ admin }: Pick<Cluster, 'admin'>): Promise<string> {
  accepted(await admin.post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } }));
  await applyObject(admin, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [
      {
        apiGroups: ['k8s.cni.cncf.io'],
        resources: ['network-attachment-definitions'],
        verbs: ['get', 'list', 'watch'],
      },
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['pods/status'], verbs: ['get', 'update'] },
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
    ],
  });
  await applyObject(admin, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  return makeToken(admin, { namespace, serviceAccount: name });
}
