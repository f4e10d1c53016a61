import type { JsonObject } from '../fixture/json.ts';
import { isObject, textAt } from '../fixture/json.ts';
import { uniqueName } from '../fixture/unique.ts';
import { accepted, type Api } from './api.ts';

/** What controllers, kubelets and schedulers would make: here a test makes it, as admin. */

/** A Namespace with its ServiceAccount `default`, which Pods need. */
export async function makeNamespace(admin: Api, name: string, labels: Record<string, string> = {}): Promise<void> {
  accepted(await admin.post('/api/v1/namespaces', { metadata: { name, labels } }));
  accepted(await admin.post(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } }));
}

export async function makeNode(admin: Api, name: string): Promise<JsonObject> {
  return accepted(await admin.post('/api/v1/nodes', { metadata: { name } }));
}

export interface PodOptions {
  readonly namespace: string;
  readonly name: string;
  /** Default: not scheduled. */
  readonly node?: string;
  readonly serviceAccount?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of its container. */
  readonly args?: readonly string[];
}

/** A Pod on a Node, without anybody who runs it. */
export async function makePod(admin: Api, options: PodOptions): Promise<JsonObject> {
  const { namespace, name, node, serviceAccount = 'default', annotations = {}, labels = {}, args = [] } = options;
  const containers = [{ name: 'main', image: 'none', args }];
  const spec = { containers, serviceAccountName: serviceAccount, ...(node === undefined ? {} : { nodeName: node }) };
  const pod = { metadata: { name, annotations, labels }, spec };
  return accepted(await admin.post(`/api/v1/namespaces/${namespace}/pods`, pod));
}

/** Deletes at once what no kubelet will end. */
export async function removePod(admin: Api, pod: { readonly namespace: string; readonly name: string }): Promise<void> {
  const { namespace, name } = pod;
  accepted(await admin.remove(`/api/v1/namespaces/${namespace}/pods/${name}`, { gracePeriodSeconds: 0 }));
}

export interface TokenOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Binds the token to this Node, as the agent asks for the plugin's. */
  readonly node?: string;
  /** Binds it to this Pod of the namespace, as a kubelet does. */
  readonly pod?: string;
  /** Default: an hour. Kubernetes wants at least 10 minutes. */
  readonly expirationSeconds?: number;
}

/** A token of a ServiceAccount that exists, by the TokenRequest API. */
export async function makeToken(admin: Api, options: TokenOptions): Promise<string> {
  const { namespace, serviceAccount, expirationSeconds = 3600 } = options;
  const boundObjectRef = await referenceOf(admin, options);
  const spec = { expirationSeconds, ...(boundObjectRef === undefined ? {} : { boundObjectRef }) };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
  const { status } = accepted(await admin.post(path, { spec }));
  return (isObject(status) ? textAt(status, 'token') : undefined) ?? '';
}

async function referenceOf(admin: Api, { namespace, node, pod }: TokenOptions): Promise<object | undefined> {
  if (node !== undefined) {
    const uid = uidOf(accepted(await admin.get(`/api/v1/nodes/${node}`)));
    return { apiVersion: 'v1', kind: 'Node', name: node, uid };
  }
  if (pod === undefined) return undefined;
  const uid = uidOf(accepted(await admin.get(`/api/v1/namespaces/${namespace}/pods/${pod}`)));
  return { apiVersion: 'v1', kind: 'Pod', name: pod, uid };
}

/** Who acts with the rights that deploy/ grants. Each is one Node's, as a real one is. */
export type Role = 'plugin' | 'agent' | 'controller';

/**
 * A token of a role after `applyDeploy`, on a Node that exists: the plugin's is bound to the Node,
 * the others' to a Pod on it that is made for that, as their DaemonSet or Deployment would have one.
 */
export async function makeRoleToken(admin: Api, role: Role, node: string): Promise<string> {
  const token = { namespace: 'antrea-cni', serviceAccount: role };
  if (role === 'plugin') return makeToken(admin, { ...token, node });
  const name = uniqueName(`${role}-`);
  await makePod(admin, { namespace: 'antrea-cni', name, node, serviceAccount: role });
  return makeToken(admin, { ...token, pod: name });
}

/** `metadata.uid`; empty if there is none. */
export function uidOf(object: JsonObject): string {
  return metadataOf(object, 'uid');
}

export function metadataOf(object: JsonObject, key: string): string {
  const { metadata } = object;
  return (isObject(metadata) ? textAt(metadata, key) : undefined) ?? '';
}
