import type { KubeClient } from '../../../kube/client.ts';
import { Failure } from '../../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../../system/json-object.ts';
import { fail, ok, warn, type Finding } from '../../../system/finding.ts';
import { ask } from './ask.ts';

const name = 'token';
/** Whom deploy/policies.yaml keeps to their own Node. */
const limited = ['plugin', 'agent'].map((account) => `system:serviceaccount:antrea-cni:${account}`);

export interface Identity {
  readonly finding: Finding;
  /** Whether the policies are about whoever this is. */
  readonly isLimited: boolean;
}

export interface IdentityRequest {
  readonly nodeName: string;
  /** As it is sent; undefined: a client certificate. */
  readonly token: string | undefined;
  readonly now: Date;
}

/** As whom this Node speaks, and whether that is bound to this Node and no other. */
export async function checkIdentity(client: KubeClient, request: IdentityRequest): Promise<Identity> {
  const answer = await ask(client, {
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  if (answer instanceof Failure) {
    return { finding: warn(name, answer.message, 'who that is: kubectl auth whoami'), isLimited: false };
  }
  const { userInfo } = isJsonObject(answer.body['status']) ? answer.body['status'] : {};
  const user = isJsonObject(userInfo) ? userInfo : {};
  const isLimited = limited.includes(String(user['username']));
  return { finding: isLimited ? boundFinding(user, request) : foreignFinding(user), isLimited };
}

const renewal = 'a token for this Node: docs/kubernetes.md, "Install"';

function foreignFinding({ username }: JsonObject): Finding {
  return warn(
    name,
    `this Node speaks as ${String(username)}, whom no policy keeps to this Node: whoever steals it here can do as much elsewhere`,
    renewal,
  );
}

function boundFinding({ username, extra }: JsonObject, { nodeName, token, now }: IdentityRequest): Finding {
  const names = isJsonObject(extra) ? extra['authentication.kubernetes.io/node-name'] : undefined;
  const node: unknown = Array.isArray(names) ? names[0] : undefined;
  const who = String(username).replace('system:serviceaccount:', '').replace(':', '/');
  if (typeof node !== 'string') {
    return fail(name, `of ${who}, bound to no Node: the API server refuses every allocation`, renewal);
  }
  if (node !== nodeName) {
    const message = `of ${who}, bound to Node ${node}, and the Node file's nodeName is ${nodeName}: the API server refuses every allocation`;
    return fail(name, message, `put nodeName right, or get ${renewal}`);
  }
  const left = token === undefined ? undefined : secondsLeft(token, now);
  return ok(name, `of ${who}, bound to Node ${node}${left === undefined ? '' : `, valid for ${left}`}`);
}

/** Of a JSON Web Token (RFC 7519), without a look at its signature: that is the API server's business. */
function secondsLeft(token: string, now: Date): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const expiry = isJsonObject(claims) ? claims['exp'] : undefined;
    if (typeof expiry !== 'number') return undefined;
    const minutes = Math.floor((expiry - now.getTime() / 1000) / 60);
    return minutes < 120 ? `${minutes} more minutes` : `${Math.floor(minutes / 60)} more hours`;
  } catch {
    return undefined;
  }
}
