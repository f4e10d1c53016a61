import type { KubeClient } from '../../kube/client.ts';

/**
 * The client of who leads until `term` is aborted: nothing is begun after that, though a duty may have been waiting for
 * an answer just then. What is under way by then names the version that it was made from, or creates.
 */
export function clientOfTerm(client: KubeClient, term: AbortSignal): KubeClient {
  return {
    ...client,
    send: async (request) => {
      if (term.aborted) throw new Error('this controller leads no more');
      return client.send(request);
    },
  };
}
