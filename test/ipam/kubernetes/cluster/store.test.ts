import { afterAll, beforeAll, describe } from 'vitest';
import type { Cluster } from '../../../cluster/cluster.ts';
import { startDeployedCluster } from '../../../cluster/deployed.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { describeStore } from '../../store-conformance.ts';
import { openClusterStore } from './cluster-store.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('with a real API server', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startDeployedCluster();
  });
  afterAll(() => cluster.stop());

  describeStore('the kubernetes store', () => openClusterStore(cluster));
});
