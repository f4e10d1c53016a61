import { accepted, type Api } from '../../cluster/api.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { applyObject } from '../../cluster/deploy.ts';
import { makeNode, makePod, uidOf, type PodOptions } from '../../cluster/objects.ts';
import { allocationPath, poolPath } from '../../cluster/pools.ts';
import { formatAddressForName } from '../../../src/ipam/address.ts';
import { networksAnnotation } from '../../../src/multinet/annotation.ts';
import { isObject, type JsonObject } from '../../fixture/json.ts';
import { address as parse, manifest, type SamplePool } from '../../ipam/sample.ts';

/** What kubelets, controllers and administrators have made before somebody asks why. */

export const leases = '/apis/coordination.k8s.io/v1/namespaces';

/** As in https://github.com/k8snetworkplumbingwg/multi-net-spec, whose CRD Multus brings. */
const definitions = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'network-attachment-definitions.k8s.cni.cncf.io' },
  spec: {
    group: 'k8s.cni.cncf.io',
    scope: 'Namespaced',
    names: {
      plural: 'network-attachment-definitions',
      singular: 'network-attachment-definition',
      kind: 'NetworkAttachmentDefinition',
      shortNames: ['net-attach-def'],
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { config: { type: 'string' } } } },
          },
        },
      },
    ],
  },
};

export async function installDefinitions({ admin }: Pick<Cluster, 'admin'>): Promise<void> {
  await applyObject(admin, definitions);
}

/** A NetworkAttachmentDefinition in `default`; the configuration as an object or as text. */
export async function define(admin: Api, name: string, config: object | string): Promise<void> {
  const path = '/apis/k8s.cni.cncf.io/v1/namespaces/default/network-attachment-definitions';
  const text = typeof config === 'string' ? config : JSON.stringify({ cniVersion: '1.1.0', ...config });
  const spec = { config: text };
  const kind = { apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition' };
  accepted(await admin.post(path, { ...kind, metadata: { name }, spec }));
}

/** A VLAN network of ours. */
export function vlanNetwork(...ippools: readonly string[]): JsonObject {
  return { type: 'antrea', networkType: 'vlan', ipam: { type: 'antrea', ippools } };
}

export async function applyPool(admin: Api, pool: SamplePool & { readonly selector?: object }): Promise<void> {
  const object = manifest(pool);
  const own = isObject(object['spec']) ? object['spec'] : {};
  const spec = { ...own, ...(pool.selector && { namespaceSelector: pool.selector }) };
  accepted(await admin.post(poolPath('v1beta1'), { ...object, spec }));
}

export async function makeLivingNode(admin: Api, name: string): Promise<void> {
  await makeNode(admin, name);
  await renewLease(admin, { namespace: 'kube-node-lease', name });
}

export interface LeaseOptions {
  readonly namespace: string;
  readonly name: string;
  /** Default: now. */
  readonly renewed?: Date;
  readonly holder?: string;
}

/** A Lease as its holder writes it. */
export async function renewLease(admin: Api, options: LeaseOptions): Promise<void> {
  const { namespace, name, renewed = new Date(), holder = name } = options;
  const renewTime = renewed.toISOString().replace('Z', '000Z');
  const spec = { holderIdentity: holder, leaseDurationSeconds: 40, renewTime };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
  accepted(await admin.apply(`${leases}/${namespace}/leases/${name}`, lease));
}

/** A Pod of `default` on node-1 that asks for networks, with the phase that a kubelet would give it; its UID. */
export async function makeAskingPod(
  admin: Api,
  name: string,
  {
    networks,
    phase = 'Pending',
    ...more
  }: Partial<PodOptions> & { readonly networks?: string; readonly phase?: string },
): Promise<string> {
  const annotations = { ...more.annotations, ...(networks !== undefined && { [networksAnnotation]: networks }) };
  const pod = await makePod(admin, { namespace: 'default', name, node: 'node-1', ...more, annotations });
  accepted(await admin.patch(`/api/v1/namespaces/default/pods/${name}/status`, { status: { phase } }));
  return uidOf(pod);
}

export interface HoldOptions {
  readonly pool: string;
  readonly address: string;
  readonly pod: { readonly name: string; readonly uid: string };
  readonly network?: string;
  readonly node?: string;
}

/** Lets somebody hold an address, as the plugin does it. */
export async function hold(admin: Api, options: HoldOptions): Promise<void> {
  const { pool, address, pod, network = 'blue', node = 'node-1' } = options;
  const owner = {
    network,
    pod: { namespace: 'default', ...pod, containerID: 'c0ffee0123456789', ifName: 'net1', node },
  };
  accepted(
    await admin.post(allocationPath, {
      apiVersion: 'crd.antrea.io/v1beta1',
      kind: 'IPAllocation',
      metadata: { name: `${pool}.${formatAddressForName(parse(address))}` },
      spec: { pool, poolUID: 'a-uid', address, phase: 'Allocated', owner },
    }),
  );
}

export interface Complaint {
  /** Default: `default` */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly message: string;
  /** Default: `FailedCreatePodSandBox`. */
  readonly reason?: string;
}

/** What the kubelet says of a Pod whose sandbox could not be made. */
export async function complain(admin: Api, complaint: Complaint): Promise<void> {
  const { namespace = 'default', name, uid, message, reason = 'FailedCreatePodSandBox' } = complaint;
  const event = {
    metadata: { generateName: 'complaint-', namespace },
    involvedObject: { kind: 'Pod', namespace, name, uid },
    reason,
    message,
    type: 'Warning',
    lastTimestamp: new Date().toISOString(),
  };
  accepted(await admin.post(`/api/v1/namespaces/${namespace}/events`, event));
}
