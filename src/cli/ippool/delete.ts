import type { PoolAdmin } from '../../ipam/pool-admin.ts';
import { Failure } from '../../system/failure.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `ippool delete`: each on its own.
 * @throws AggregateError of Failures
 */
export async function deletePools(
  names: readonly string[],
  { terminal, pools }: { readonly terminal: Terminal; readonly pools: PoolAdmin },
): Promise<void> {
  const failures: Failure[] = [];
  for (const name of names) {
    try {
      await pools.deletePool(name);
      terminal.out(`ippool.crd.antrea.io "${name}" deleted\n`);
    } catch (error) {
      failures.push(withAdvice(error, name));
    }
  }
  if (failures.length > 0) throw new AggregateError(failures);
}

function withAdvice(error: unknown, name: string): Failure {
  if (!(error instanceof Failure)) throw error;
  if (error.kind !== 'refused' || !error.message.includes('of its addresses are held, such as')) return error;
  const advice = `end those Pods first (DEL releases their addresses); all holders: antrea ippool get ${name} --addresses`;
  const details = error.details === undefined ? advice : `${error.details}\n${advice}`;
  return new Failure(error.kind, error.message, { details, cause: error });
}
