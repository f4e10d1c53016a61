import type { KubeClient } from '../../kube/client.ts';
import { applyDeployment } from '../../kube/deployment.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, objectIn, type JsonObject } from '../../system/json-object.ts';

export interface MintRequest {
  readonly client: KubeClient;
  readonly nodeName: string;
  /** Milliseconds that it shall be valid; the API server may give less, or, in special settings, more. */
  readonly lifetime: number;
}

/** What a token says of itself; nobody has looked at its signature, which is the API server's business. */
export interface TokenClaims {
  /** Seconds since 1970, by the API server's clock. */
  readonly issued: number;
  readonly expires: number;
  /** The Node that it is bound to; undefined for none. */
  readonly nodeUID: string | undefined;
  readonly nodeName: string | undefined;
}

const tokenPath = '/api/v1/namespaces/antrea-cni/serviceaccounts/plugin/token';

/**
 * A token of the plugin's ServiceAccount that ends with the Node's object.
 * @throws Failure `not-found`: no such Node, or deploy/ has not been applied; `refused`; `unavailable`; `config`
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
 */
export async function mintToken({ client, nodeName, lifetime }: MintRequest): Promise<string> {
  const uid = await readNodeUID(client, nodeName);
  const answer = await client.send({
    method: 'POST',
    path: tokenPath,
    expect: [404],
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        expirationSeconds: Math.ceil(lifetime / 1000),
        boundObjectRef: { apiVersion: 'v1', kind: 'Node', name: nodeName, uid },
      },
    },
  });
  if (answer.status === 404) {
    throw new Failure('not-found', 'the cluster has no ServiceAccount plugin in the namespace antrea-cni', {
      details: `apply what belongs to the cluster: ${applyDeployment}`,
    });
  }
  const token = textAt(objectAt(answer.body, 'status'), 'token');
  if (token === undefined || readClaims(token)?.nodeUID === undefined) {
    throw new Failure(
      'config',
      `the API server ${client.server} gives no tokens that are bound to a Node: expected Kubernetes 1.31 or later`,
    );
  }
  return token;
}

/** @throws Failure `not-found` and those of the client */
export async function readNodeUID(client: KubeClient, nodeName: string): Promise<string> {
  const path = `/api/v1/nodes/${encodeURIComponent(nodeName)}`;
  const { status, body } = await client.send({ method: 'GET', path, expect: [404] });
  const uid = textAt(objectAt(body, 'metadata'), 'uid');
  if (status !== 404 && uid !== undefined) return uid;
  throw new Failure('not-found', `the cluster has no Node ${nodeName}: expected the name of this one as --node-name`, {
    details: 'the names: kubectl get nodes',
  });
}

/** @returns undefined when it is no JSON Web Token that expires (RFC 7519) */
export function readClaims(token: string): TokenClaims | undefined {
  const claims = objectIn(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const { iat, exp } = claims;
  if (typeof iat !== 'number' || typeof exp !== 'number') return undefined;
  const node = objectAt(objectAt(claims, 'kubernetes.io'), 'node');
  return { issued: iat, expires: exp, nodeUID: textAt(node, 'uid'), nodeName: textAt(node, 'name') };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}

function textAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
