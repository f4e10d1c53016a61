import type { KubeAnswer, KubeClient, KubeRequest } from '../kube/client.ts';
import { applyDeployment } from '../kube/deployment.ts';
import { Failure } from '../system/failure.ts';
import { isJsonObject } from '../system/json-object.ts';

const ours = '/apis/crd.antrea.io/';

/** The same client, whose failures say what a person can do. */
export function advised(client: KubeClient): KubeClient {
  return {
    send: async (request) => refuseWithoutCRDs(client, { request, answer: await sendAdvised(client, request) }),
    get server() {
      return client.server;
    },
    close: () => client.close(),
  };
}

async function sendAdvised(client: KubeClient, request: KubeRequest): Promise<KubeAnswer> {
  try {
    return await client.send(request);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (request.path.startsWith(ours) && error.message.endsWith(': 404: 404 page not found')) throw noCRDs(client);
    const advice = adviceFor(error, () => client.server);
    const details = [error.details ?? '', advice ?? ''].filter((text) => text !== '').join('\n');
    throw new Failure(error.kind, error.message, { details, cause: error });
  }
}

/** Only an API server that knows the kind names the object that it has not found. */
function refuseWithoutCRDs(
  client: KubeClient,
  { request, answer }: { readonly request: KubeRequest; readonly answer: KubeAnswer },
): KubeAnswer {
  const { details } = answer.body;
  if (answer.status !== 404 || !request.path.startsWith(ours)) return answer;
  if (isJsonObject(details) && typeof details['name'] === 'string') return answer;
  throw noCRDs(client);
}

function noCRDs({ server }: KubeClient): Failure {
  return new Failure('not-ready', `the API server ${server} knows no IPPools: expected the CRDs of this program`, {
    details: applyDeployment,
  });
}

function adviceFor({ kind, message }: Failure, server: () => string): string | undefined {
  if (kind === 'refused' && lacksRight(message)) {
    return 'who that is: kubectl auth whoami; whoever may do it: --kubeconfig FILE, or --context NAME';
  }
  if (kind !== 'unavailable') return undefined;
  if (message.includes('does not accept the credentials'))
    return 'log in again; which credentials: kubectl config view';
  return `does it answer at all: curl -k ${server()}/readyz; another cluster: --kubeconfig FILE, or --context NAME`;
}

/** RBAC says it so; what policies refuse, no other user may do either. */
export function lacksRight(message: string): boolean {
  return /: 403: .* cannot [a-z]+ resource "/.test(message);
}
