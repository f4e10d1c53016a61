import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { fail, type Finding } from '../../system/finding.ts';
import { sectionOf } from './lookup.ts';

const group = 'crd.antrea.io';

/** Without which no Pod of the cluster gets an address. */
const needed = [
  { group, resource: 'ippools', verb: 'get' },
  { group, resource: 'ipallocations', verb: 'create' },
  { group, resource: 'ipallocations', verb: 'delete' },
] as const;

/** What the plugin may not do, as far as whoever asks may know that. */
export async function rightsFindings(client: KubeClient): Promise<readonly Finding[]> {
  try {
    const denied: string[] = [];
    for (const { verb, resource } of needed)
      if (!(await isAllowed(client, { group, resource, verb }))) denied.push(`${verb} ${resource}`);
    if (denied.length === 0) return [];
    const message = `the ServiceAccount antrea-cni/plugin may not ${denied.join(', ')}: the API server refuses every ADD`;
    return [fail('rights', message, 'kubectl apply -f deploy/rbac.yaml')];
  } catch (error) {
    // Few people may ask for the rights of others, and it is no answer to their question.
    if (error instanceof Failure && error.kind === 'refused') return [];
    throw error;
  }
}

async function isAllowed(client: KubeClient, attributes: object): Promise<boolean> {
  const { body } = await client.send({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: 'system:serviceaccount:antrea-cni:plugin',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:antrea-cni', 'system:authenticated'],
        resourceAttributes: attributes,
      },
    },
  });
  return sectionOf(body, 'status')['allowed'] === true;
}
