import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { isObject, objectsIn, textAt, type JsonObject } from '../fixture/json.ts';
import { repository } from '../fixture/runtime.ts';
import { until } from '../fixture/until.ts';
import { accepted, type Api } from './api.ts';
import type { Cluster } from './cluster.ts';
import { metadataOf } from './objects.ts';

/** `kubectl apply -f deploy/`: CRDs, policies and rights, and waits until they are in force. */
export async function applyDeploy(cluster: Pick<Cluster, 'admin' | 'impersonate'>): Promise<void> {
  for (const file of manifests) await applyFile(cluster.admin, file);
  await untilEnforced(cluster);
}

/** Paths from the repository. */
export const manifests = ['crds.yaml', 'rbac.yaml', 'policies.yaml'].map((file) => join('deploy', file));

export async function untilEnforced(cluster: Pick<Cluster, 'impersonate'>): Promise<void> {
  await until(() => enforced(cluster), { what: 'admission policies in force', everyMs: 50 });
}

/** Applies every document of a YAML file; a relative path starts at the repository. */
export async function applyFile(admin: Api, path: string): Promise<void> {
  for (const object of readManifests(path)) await applyObject(admin, object);
}

export function readManifests(path: string): readonly JsonObject[] {
  const documents = parseAllDocuments(readFileSync(resolve(repository, path), 'utf8'));
  return objectsIn(
    documents.map((document) => {
      const object: unknown = document.toJS();
      return object;
    }),
  );
}

/** Creates it or changes it to be so. A CustomResourceDefinition is served when this returns. */
export async function applyObject(admin: Api, object: JsonObject): Promise<JsonObject> {
  const path = await pathOf(admin, object);
  const applied = accepted(await admin.apply(path, object));
  if (object['kind'] === 'CustomResourceDefinition') {
    const served = async (): Promise<boolean> => established(accepted(await admin.get(path)));
    await until(served, { what: `an established CRD ${metadataOf(object, 'name')}`, everyMs: 20 });
  }
  return applied;
}

async function pathOf(admin: Api, object: JsonObject): Promise<string> {
  const group = textAt(object, 'apiVersion') ?? '';
  const root = group.includes('/') ? `/apis/${group}` : `/api/${group}`;
  const resources = objectsIn(accepted(await admin.get(root))['resources']);
  const resource = resources.find(({ kind, name }) => kind === object['kind'] && !String(name).includes('/'));
  if (resource === undefined) throw new Error(`no resource of kind ${String(object['kind'])} in ${group}`);
  const namespace = metadataOf(object, 'namespace') || 'default';
  const place = resource['namespaced'] === true ? `/namespaces/${namespace}` : '';
  return `${root}${place}/${String(resource['name'])}/${metadataOf(object, 'name')}`;
}

function established({ status }: JsonObject): boolean {
  const conditions = isObject(status) ? objectsIn(status['conditions']) : [];
  return conditions.some((condition) => condition['type'] === 'Established' && condition['status'] === 'True');
}

/** The API server learns of rights and policies some time after it has taken them. The token policy is the last one of its file. */
async function enforced(cluster: Pick<Cluster, 'impersonate'>): Promise<boolean> {
  const answers = await Promise.all([
    cluster
      .impersonate({ user: 'system:serviceaccount:antrea-cni:agent' })
      .post('/api/v1/namespaces/antrea-cni/serviceaccounts/plugin/token?dryRun=All', { spec: {} }),
    cluster
      .impersonate({ user: 'system:serviceaccount:antrea-cni:plugin' })
      .post('/apis/crd.antrea.io/v1beta1/ipallocations?dryRun=All', harmless),
  ]);
  return answers.every(({ message }) => message.includes('not bound to a Node'));
}

const harmless = {
  apiVersion: 'crd.antrea.io/v1beta1',
  kind: 'IPAllocation',
  metadata: { name: 'none.10.0.0.1' },
  spec: {
    pool: 'none',
    poolUID: 'none',
    address: '10.0.0.1',
    phase: 'Allocated',
    owner: { network: 'none', pod: { containerID: 'none', ifName: 'net1' } },
  },
};
