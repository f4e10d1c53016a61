import { afterAll, beforeAll, describe } from 'vitest';
import { startCluster, type Cluster } from '../../../cluster/cluster.ts';
import { applyDeploy } from '../../../cluster/deploy.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { describeStore } from '../../store-conformance.ts';
import { openClusterStore } from './cluster-store.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('with a real API server', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
    await applyDeploy(cluster);
  });
  afterAll(() => cluster.stop());

  describeStore('the kubernetes store', () => openClusterStore(cluster));
});
