import type { KubeClient } from '../../kube/client.ts';
import type { Address } from '../address.ts';
import { allocationPath } from './paths.ts';

/**
 * Those of the addresses that nobody held a moment ago: a GET for each, all under way at once. They are answered from
 * what the API server keeps in memory, which is good enough for a guess: creating is what decides.
 */
export async function withoutHolder(
  client: KubeClient,
  pool: string,
  addresses: readonly Address[],
): Promise<readonly Address[]> {
  const query = { resourceVersion: '0' };
  const looks = addresses.map(async (address) => {
    const { status } = await client.send({ method: 'GET', path: allocationPath(pool, address), query, expect: [404] });
    return status === 404 ? address : [];
  });
  return (await Promise.all(looks)).flat();
}
