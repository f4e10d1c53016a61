import type { KubeClient } from '../../../kube/client.ts';
import { Failure } from '../../../system/failure.ts';
import { isJsonObject } from '../../../system/json-object.ts';
import { fail, ok, warn, type Finding } from '../../../system/finding.ts';
import { lacksRight } from '../../cluster-advice.ts';
import { ask } from './ask.ts';

const name = 'policies';
const apply = 'kubectl apply -f deploy/policies.yaml';
const expected = [
  'pools',
  'pool-in-use',
  'allocations-of-own-node',
  'status-of-own-pods',
  'events-of-own-node',
  'tokens-of-own-node',
].map((policy) => `antrea-cni-${policy}`);

export interface PoliciesRequest {
  readonly nodeName: string;
  /** Whether they are about whoever asks. */
  readonly isLimited: boolean;
}

/** Whether the policies are there, bound, and in force: tried by what they have to refuse, without an effect. */
export async function checkPolicies(client: KubeClient, request: PoliciesRequest): Promise<readonly Finding[]> {
  const missing = await missingPolicies(client);
  if (missing.length > 0) {
    return [fail(name, `not installed, or not bound with Deny: ${missing.join(', ')}`, apply)];
  }
  if (!request.isLimited) return [ok(name, 'are not about whoever this Node speaks as, so they were not tried')];
  return [await tryForeign(client, request.nodeName), ...(await tryOwn(client, request.nodeName))];
}

/** None where whoever asks may not read them. */
async function missingPolicies(client: KubeClient): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const policy of expected) {
    const root = '/apis/admissionregistration.k8s.io/v1';
    const paths = ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'].map(
      (kind) => `${root}/${kind}/${policy}`,
    );
    const answers = await Promise.all(paths.map((path) => ask(client, { method: 'GET', path, expect: [404] })));
    if (answers.some((answer) => answer instanceof Failure)) return [];
    const [, binding] = answers;
    const isThere = answers.every((answer) => !(answer instanceof Failure) && answer.status === 200);
    if (!isThere || binding === undefined || binding instanceof Failure || !denies(binding.body['spec']))
      missing.push(policy);
  }
  return missing;
}

function denies(spec: unknown): boolean {
  const actions = isJsonObject(spec) ? spec['validationActions'] : undefined;
  return Array.isArray(actions) && actions.includes('Deny');
}

async function tryForeign(client: KubeClient, nodeName: string): Promise<Finding> {
  const answer = await tryCreate(client, `not-${nodeName}`);
  if (!(answer instanceof Failure)) {
    const message =
      'are not in force: an allocation in the name of another Node would be accepted, so a stolen token could free addresses of other Nodes';
    return fail(name, message, apply);
  }
  if (answer.message.includes('only allocations whose owner.pod.node')) {
    return ok(name, 'are in force: an allocation in the name of another Node is refused');
  }
  if (answer.message.includes('not bound to a Node')) return ok(name, 'are in force: they refuse this token');
  // What RBAC refuses is the business of another check.
  if (lacksRight(answer.message))
    return warn(name, 'could not be tried: a right is missing, see below', 'give it first');
  return warn(name, `could not be tried: ${answer.message}`, 'look into what the API server says');
}

/** Whether the very request of an ADD goes through. */
async function tryOwn(client: KubeClient, nodeName: string): Promise<readonly Finding[]> {
  const answer = await tryCreate(client, nodeName);
  if (!(answer instanceof Failure)) return [ok('allocation', 'would be accepted (tried without an effect)')];
  if (lacksRight(answer.message)) return [];
  return [fail('allocation', `would be refused: ${answer.message}`, 'every ADD would fail so; the message says why')];
}

/** Of an address that is for documentation only (RFC 5737), in a pool that nobody has. */
async function tryCreate(client: KubeClient, node: string): ReturnType<typeof ask> {
  const pod = { namespace: 'antrea-cni', name: 'check', containerID: 'check', ifName: 'check', node };
  return ask(client, {
    method: 'POST',
    path: '/apis/crd.antrea.io/v1beta1/ipallocations',
    query: { dryRun: 'All' },
    body: {
      apiVersion: 'crd.antrea.io/v1beta1',
      kind: 'IPAllocation',
      metadata: { name: 'antrea-check.192.0.2.1' },
      spec: {
        pool: 'antrea-check',
        poolUID: 'antrea-check',
        address: '192.0.2.1',
        phase: 'Allocated',
        owner: { network: 'antrea-check', pod },
      },
    },
  });
}
