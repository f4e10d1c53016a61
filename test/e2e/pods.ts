import { accepted, type Api } from '../cluster/api.ts';
import { metadataOf } from '../cluster/objects.ts';
import { isObject, objectsIn, parseJson, textAt, textsAt, type JsonObject } from '../fixture/json.ts';
import { until } from '../fixture/until.ts';
import { idle, image } from './node/image.ts';

/** What the tests of a whole Node ask the cluster for, as any user would. */

export interface PodWish {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Names of networks, with commas: the annotation. */
  readonly networks?: string | undefined;
  /** More environment, for a Pod template that differs from the one before. */
  readonly env?: Readonly<Record<string, string>>;
  /** Name of a RuntimeClass. */
  readonly runtimeClass?: string | undefined;
}

export const namespace = 'shop';

export const podsPath = `/api/v1/namespaces/${namespace}/pods`;
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;

export function podTemplate({ name, labels = { app: name }, networks, env = {}, runtimeClass }: PodWish): JsonObject {
  return {
    metadata: { labels, ...(networks !== undefined && { annotations: { 'k8s.v1.cni.cncf.io/networks': networks } }) },
    spec: {
      ...(runtimeClass !== undefined && { runtimeClassName: runtimeClass }),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: 'main',
          image,
          imagePullPolicy: 'Never',
          command: idle,
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        },
      ],
    },
  };
}

/** Creates or changes it. */
export async function applyDeployment(admin: Api, wish: PodWish & { readonly replicas: number }): Promise<void> {
  const { name, replicas } = wish;
  const spec = { replicas, selector: { matchLabels: { app: name } }, template: podTemplate(wish) };
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec };
  accepted(await admin.apply(`${deployments}/${name}`, object));
}

export async function deleteDeployment(admin: Api, name: string): Promise<void> {
  accepted(await admin.remove(`${deployments}/${name}`, { propagationPolicy: 'Background' }));
}

/** When all Pods are of the newest template, and all run. */
export async function rolledOut(admin: Api, name: string, timeoutMs = 120_000): Promise<void> {
  const done = async (): Promise<boolean> => {
    const { metadata, spec, status } = accepted(await admin.get(`${deployments}/${name}`));
    if (!isObject(metadata) || !isObject(spec) || !isObject(status)) return false;
    const wanted = spec['replicas'];
    const counts = ['replicas', 'updatedReplicas', 'availableReplicas'].map((key) => status[key]);
    return status['observedGeneration'] === metadata['generation'] && counts.every((count) => count === wanted);
  };
  await until(done, { what: `${name} rolled out`, timeoutMs, everyMs: 100 });
}

/** Of the Namespace, by the label `app`. */
export async function podsOf(admin: Api, app: string): Promise<readonly JsonObject[]> {
  return admin.list(`${podsPath}?labelSelector=app%3D${app}`);
}

/** Running, and all containers ready. */
export function isRunning({ metadata, status }: JsonObject): boolean {
  if (!isObject(status) || !isObject(metadata) || 'deletionTimestamp' in metadata) return false;
  return objectsIn(status['conditions']).some((one) => one['type'] === 'Ready' && one['status'] === 'True');
}

export interface PodInterface {
  /** `shop/blue` */
  readonly network: string;
  readonly ifname: string;
  readonly ips: readonly string[];
}

/** What the Pod's annotation says of its networks, the first one included. */
export function interfacesOf({ metadata }: JsonObject): readonly PodInterface[] {
  const annotations = isObject(metadata) && isObject(metadata['annotations']) ? metadata['annotations'] : {};
  const status = objectsIn(parseJson(textAt(annotations, 'k8s.v1.cni.cncf.io/network-status') ?? '[]'));
  return status.map((one) => ({
    network: textAt(one, 'name') ?? '',
    ifname: textAt(one, 'interface') ?? '',
    ips: textsAt(one, 'ips'),
  }));
}

/** The addresses of all but its first interface. */
export function secondaryIpsOf(pod: JsonObject): readonly string[] {
  return interfacesOf(pod)
    .filter(({ ifname }) => ifname !== 'eth0')
    .flatMap(({ ips }) => ips);
}

export function nameOf(pod: JsonObject): string {
  return metadataOf(pod, 'name');
}
