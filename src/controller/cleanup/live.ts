import type { KubeClient } from '../../kube/client.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { getNamed, strangeAnswer } from '../api/get-named.ts';
import { podPath } from '../api/pod-path.ts';
import { listPages, metadataOnly, wholeObjects } from '../../kube/watch/list.ts';
import type { SeenLease } from './lease-history.ts';
import type { LivePods } from './live-pods.ts';
import type { LiveNodes } from './node-watch.ts';
import { readPodIdentity, type PodIdentity } from '../pod-identity.ts';
import type { NodeObject } from './verdict.ts';

/** Reads without a version are consistent: the API server answers with what is stored, not with what it has cached. */
export function livePods(client: KubeClient): LivePods {
  return {
    async get(reference) {
      const path = podPath(reference);
      if (path === undefined) return undefined;
      const pod = await getNamed(client, { path, kind: 'pods', name: reference.name, accept: metadataOnly.watch });
      return pod && identityOf(pod);
    },
    async *list() {
      for await (const { items } of listPages(client, { path: '/api/v1/pods', accept: metadataOnly.list }))
        for (const pod of items) yield identityOf(pod);
    },
  };
}

export function liveNodes(client: KubeClient): LiveNodes {
  return {
    async getLease(node) {
      const path = `${leasesPath}/${encodeURIComponent(node)}`;
      const lease = await getNamed(client, { path, kind: 'leases', name: node, accept: wholeObjects.list });
      return lease && readLease(lease);
    },
    async getNode(node) {
      const path = `/api/v1/nodes/${encodeURIComponent(node)}`;
      const object = await getNamed(client, { path, kind: 'nodes', name: node, accept: wholeObjects.list });
      return object && readNode(object);
    },
  };
}

const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

function identityOf(pod: JsonObject): PodIdentity {
  const identity = readPodIdentity(pod);
  if (identity === undefined) throw strangeAnswer('/api/v1/pods');
  return identity;
}

function readLease({ spec }: JsonObject): SeenLease {
  const { renewTime, leaseDurationSeconds } = isJsonObject(spec) ? spec : {};
  return {
    renewTime: typeof renewTime === 'string' ? renewTime : '',
    duration: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds * 1000 : usualDuration,
  };
}

/** Milliseconds, as the kubelet sets it unless it is told otherwise. */
const usualDuration = 40_000;

function readNode({ spec }: JsonObject): NodeObject {
  const taints = isJsonObject(spec) && Array.isArray(spec['taints']) ? spec['taints'] : [];
  const key = 'node.kubernetes.io/out-of-service';
  return { outOfService: taints.some((taint) => isJsonObject(taint) && taint['key'] === key) };
}
