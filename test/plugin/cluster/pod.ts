import type { Api } from '../../cluster/api.ts';
import { makeNamespace, makePod, removePod, uidOf } from '../../cluster/objects.ts';
import { addNetns, type Netns } from '../../fixture/netns.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeContainerId, type Attachment } from '../../fixture/runtime.ts';
import { uniqueName } from '../../fixture/unique.ts';

export interface PodWish {
  /** Default: a new one. */
  readonly name?: string;
  /** The annotation `k8s.v1.cni.cncf.io/networks`: its text, or a list that is written as JSON. */
  readonly networks?: string | readonly object[];
  /** More annotations. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of its container. */
  readonly args?: readonly string[];
}

/** One life of a Pod: its object in the API, and its sandbox. */
export interface ClusterPod extends Netns {
  readonly namespace: string;
  readonly podName: string;
  readonly uid: string;
  /** Its path in the API. */
  readonly object: string;
  readonly containerId: string;
  /** CNI_ARGS as containerd writes them. */
  readonly args: Readonly<Record<string, string>>;
  /** Deletes the object; the sandbox stays. */
  readonly forget: () => Promise<void>;
}

export interface Pods {
  readonly make: (wish?: PodWish) => Promise<ClusterPod>;
  readonly stop: () => Promise<void>;
}

/** The Namespace of all of them. */
export const namespace = 'shop';

/** Pods that are scheduled to a Node, in a Namespace that is made here. */
export async function podsOn(admin: Api, node: string): Promise<Pods> {
  const resources = createResources();
  await makeNamespace(admin, namespace, { team: 'shop' });
  return {
    stop: resources.release,
    async make({ name = uniqueName('web-'), networks, annotations: more, args = [] } = {}) {
      const text = typeof networks === 'string' ? networks : JSON.stringify(networks);
      const annotations = { ...(networks !== undefined && { 'k8s.v1.cni.cncf.io/networks': text }), ...more };
      const uid = uidOf(await makePod(admin, { namespace, name, node, annotations, args }));
      const containerId = makeContainerId();
      return {
        ...(await resources.use(addNetns('pod-'))),
        namespace,
        podName: name,
        uid,
        object: `/api/v1/namespaces/${namespace}/pods/${name}`,
        containerId,
        args: {
          IgnoreUnknown: '1',
          K8S_POD_NAMESPACE: namespace,
          K8S_POD_NAME: name,
          K8S_POD_INFRA_CONTAINER_ID: containerId,
          K8S_POD_UID: uid,
        },
        forget: () => removePod(admin, { namespace, name }),
      };
    },
  };
}

/** One interface of a Pod, `net1` unless `more` says something else. */
export function interfaceOf(pod: ClusterPod, config: Attachment['config'], more: Partial<Attachment> = {}): Attachment {
  return { config, containerId: pod.containerId, netns: pod.path, ifname: 'net1', args: pod.args, ...more };
}
