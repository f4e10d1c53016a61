import { findClusterTools } from './tools.ts';

/** Before the tests of this project: a first build takes minutes, which is no time for a hook. */
export async function setup(): Promise<void> {
  const { reason } = await findClusterTools();
  if (reason !== undefined) process.stderr.write(`test/cluster is skipped: ${reason}\n`);
}
