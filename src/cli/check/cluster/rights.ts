import type { KubeClient } from '../../../kube/client.ts';
import { Failure } from '../../../system/failure.ts';
import { isJsonObject } from '../../../system/json-object.ts';
import { fail, ok, warn, type Finding } from '../../../system/finding.ts';
import { ask } from './ask.ts';

const name = 'rights';

interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

const group = 'crd.antrea.io';

/** What deploy/rbac.yaml grants the plugin, Events aside: nothing depends on them. */
const needed: readonly Right[] = [
  { verb: 'get', group, resource: 'ippools' },
  ...['get', 'list', 'create', 'delete'].map((verb) => ({ verb, group, resource: 'ipallocations' })),
  { verb: 'get', group: '', resource: 'namespaces' },
  { verb: 'get', group: '', resource: 'pods' },
  { verb: 'patch', group: '', resource: 'pods', subresource: 'status' },
  { verb: 'get', group: 'k8s.cni.cncf.io', resource: 'network-attachment-definitions' },
];

/** Whether whoever this Node speaks as may do what an attachment takes, and not everything. */
export async function checkRights(client: KubeClient): Promise<Finding> {
  const missing: string[] = [];
  for (const right of needed) {
    const allowed = await isAllowed(client, right);
    if (allowed instanceof Failure) return warn(name, allowed.message, 'kubectl auth can-i --list shows them');
    if (!allowed) missing.push(textOf(right));
  }
  if (missing.length > 0) {
    return fail(name, `this Node may not ${missing.join(', ')}`, 'kubectl apply -f deploy/rbac.yaml');
  }
  if ((await isAllowed(client, { verb: '*', group: '*', resource: '*' })) === true) {
    const message = 'this Node may do everything in the cluster, and so may whoever breaks into it';
    return warn(name, message, 'a token of the ServiceAccount plugin instead: docs/kubernetes.md, "Install"');
  }
  return ok(name, 'all that an attachment takes');
}

async function isAllowed(client: KubeClient, resourceAttributes: Right): Promise<boolean | Failure> {
  const answer = await ask(client, {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    },
  });
  if (answer instanceof Failure) return answer;
  const { status } = answer.body;
  return isJsonObject(status) && status['allowed'] === true;
}

function textOf({ verb, resource, subresource }: Right): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}
