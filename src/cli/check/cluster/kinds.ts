import type { KubeClient } from '../../../kube/client.ts';
import { Failure } from '../../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../../system/json-object.ts';
import { fail, ok, warn, type Finding } from '../../../system/finding.ts';
import { ask } from './ask.ts';

const name = 'CRDs';
const apply = 'kubectl apply -f deploy/crds.yaml';
const foreign =
  'is another program\'s, such as the Antrea project\'s agent: docs/kubernetes.md, "Install"; do not apply deploy/crds.yaml over it';

/** Whether the API server has IPPools and IPAllocations, and they are those of deploy/crds.yaml. */
export async function checkKinds(client: KubeClient): Promise<Finding> {
  const [current, old] = [await resourcesOf(client, 'v1beta1'), await resourcesOf(client, 'v1alpha2')];
  if (current instanceof Failure) return fail(name, current.message, 'is that an API server of Kubernetes?');
  const webhook = await webhookOf(client);
  if (webhook !== undefined)
    return fail(
      name,
      `IPPool has the conversion webhook ${webhook}: it ${foreign}`,
      'use another cluster, or the file store',
    );
  if (!current.includes('ippools')) return fail(name, 'the API server knows no IPPools', apply);
  if (!(await isOurs(client)))
    return fail(
      name,
      `IPPool lacks what deploy/crds.yaml gives it: it ${foreign}`,
      `if it is only an older one of this program: ${apply}`,
    );
  if (!current.includes('ipallocations')) return fail(name, 'the API server knows no IPAllocations', apply);
  if (old instanceof Failure || !old.includes('ippools')) {
    return warn(name, 'crd.antrea.io/v1alpha2 is not served: older manifests are refused', apply);
  }
  return ok(name, 'IPPool (v1beta1, v1alpha2) and IPAllocation are there');
}

/** Whether NetworkAttachmentDefinitions are known: with Multus they are. */
export async function checkDefinitions(client: KubeClient): Promise<Finding> {
  const answer = await ask(client, { method: 'GET', path: '/apis/k8s.cni.cncf.io/v1', expect: [404] });
  const isThere = !(answer instanceof Failure) && answer.status === 200;
  return ok(
    'networks',
    isThere
      ? 'the cluster knows NetworkAttachmentDefinitions'
      : 'the cluster knows no NetworkAttachmentDefinitions: they come with Multus; without that, if Pods are to ask for networks: kubectl apply -f deploy/network-attachment-definitions.yaml',
  );
}

/** None where the version is not served. */
async function resourcesOf(client: KubeClient, version: string): Promise<readonly unknown[] | Failure> {
  const answer = await ask(client, { method: 'GET', path: `/apis/crd.antrea.io/${version}`, expect: [404] });
  if (answer instanceof Failure) return answer;
  const { resources } = answer.body;
  const list: readonly unknown[] = Array.isArray(resources) ? resources : [];
  return list.filter(isJsonObject).map((resource) => resource['name']);
}

/** The schema of a real Antrea's has no such key. Whoever may call the API at all may read schemas. */
async function isOurs(client: KubeClient): Promise<boolean> {
  const answer = await ask(client, { method: 'GET', path: '/openapi/v3/apis/crd.antrea.io/v1beta1' });
  if (answer instanceof Failure) return true;
  const pool = at(answer.body, ['components', 'schemas', 'io.antrea.crd.v1beta1.IPPool']);
  // Schemas may lag some seconds behind what is served.
  if (pool === undefined) return true;
  return at(pool, ['properties', 'spec', 'properties', 'excludes']) !== undefined;
}

/** Only administrators may read a CRD. */
async function webhookOf(client: KubeClient): Promise<string | undefined> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ippools.crd.antrea.io';
  const answer = await ask(client, { method: 'GET', path, expect: [404] });
  if (answer instanceof Failure || answer.status === 404) return undefined;
  const conversion = at(answer.body, ['spec', 'conversion']);
  if (conversion?.['strategy'] !== 'Webhook') return undefined;
  const service = at(conversion, ['webhook', 'clientConfig', 'service']);
  return service === undefined ? 'of a URL' : `${String(service['namespace'])}/${String(service['name'])}`;
}

function at(object: JsonObject, path: readonly string[]): JsonObject | undefined {
  let value: unknown = object;
  for (const key of path) value = isJsonObject(value) ? value[key] : undefined;
  return isJsonObject(value) ? value : undefined;
}
