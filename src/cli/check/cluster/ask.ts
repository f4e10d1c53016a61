import type { KubeAnswer, KubeClient, KubeRequest } from '../../../kube/client.ts';
import { Failure } from '../../../system/failure.ts';

/** The answer, or why there was none. */
export async function ask(client: KubeClient, request: KubeRequest): Promise<KubeAnswer | Failure> {
  try {
    return await client.send(request);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
