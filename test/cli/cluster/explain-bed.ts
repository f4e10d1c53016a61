import { accepted, type Api } from '../../cluster/api.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { startDeployedCluster } from '../../cluster/deployed.ts';
import { createResources } from '../../fixture/resources.ts';
import { tokenWithRights, welcome, yamlKubeconfig, type Answer, type Person } from './person.ts';
import { applyPool, hold, installDefinitions, makeLivingNode } from './world.ts';

/** A cluster with pools, and somebody who may read what an explanation is made from. */
export interface ExplainBed {
  readonly cluster: Cluster;
  readonly admin: Api;
  readonly me: Person;
  readonly explain: (...words: readonly string[]) => Promise<Answer>;
  readonly stop: () => Promise<void>;
}

const read = ['get', 'list'];

export async function startExplainBed(): Promise<ExplainBed> {
  const resources = createResources();
  const cluster = await resources.use(startDeployedCluster());
  const { admin } = cluster;
  const me = await welcome();
  resources.defer(me.leave);
  await installDefinitions(cluster);
  accepted(await admin.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } }));
  await makeLivingNode(admin, 'node-1');
  const token = await tokenWithRights(cluster, [
    { apiGroups: ['crd.antrea.io'], resources: ['ippools', 'ipallocations'], verbs: read },
    { apiGroups: [''], resources: ['pods', 'events', 'namespaces', 'nodes'], verbs: read },
    { apiGroups: ['k8s.cni.cncf.io'], resources: ['network-attachment-definitions'], verbs: read },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: read },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ]);
  me.write('.kube/config', yamlKubeconfig(cluster, { token }));
  await makePools(admin);
  return { cluster, admin, me, explain: (...words) => me.antrea(['explain', ...words]), stop: resources.release };
}

async function makePools(admin: Api): Promise<void> {
  await applyPool(admin, { name: 'free', ranges: ['192.168.0.10-192.168.0.20'] });
  await applyPool(admin, { name: 'full', ranges: ['192.168.0.30-192.168.0.30'] });
  await applyPool(admin, { name: 'green', ranges: ['192.168.0.40-192.168.0.50'], vlan: 7 });
  await applyPool(admin, { name: 'red', ranges: ['192.168.0.60-192.168.0.70'], vlan: 8 });
  const selector = { matchLabels: { tier: 'gold' } };
  await applyPool(admin, { name: 'closed', ranges: ['192.168.0.80-192.168.0.90'], selector });
  await hold(admin, { pool: 'full', address: '192.168.0.30', pod: { name: 'other', uid: 'other-uid' } });
}
