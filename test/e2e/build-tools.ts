import { whyNot } from './machine.ts';

/** Before the tests of this project: a first build takes minutes, which is no time for a hook. */
export async function setup(): Promise<void> {
  const reason = await whyNot();
  if (reason !== undefined) process.stderr.write(`test/e2e is skipped: ${reason}\n`);
}
