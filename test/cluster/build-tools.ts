import { prepareDeployedCluster } from './deployed.ts';
import { findClusterTools } from './tools.ts';

/** Before the tests of this project: a first build takes minutes, which is no time for a hook; and most files need the same cluster. */
export async function setup(): Promise<void> {
  const { reason } = await findClusterTools();
  if (reason === undefined) await prepareDeployedCluster();
  else process.stderr.write(`test/cluster is skipped: ${reason}\n`);
}
