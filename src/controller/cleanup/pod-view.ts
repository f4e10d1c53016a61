import type { JsonObject } from '../../system/json-object.ts';
import type { Collection, Versioned } from '../../kube/watch/kept.ts';
import { watchCollection, type CollectionOptions } from '../../kube/watch/watch.ts';
import { isOwner, readPodIdentity } from '../pod-identity.ts';
import type { PodView } from './suspects.ts';

/** Watches the metadata of all Pods, and keeps of each what tells it from others: there can be 150,000. */
export function watchPods(
  options: Omit<CollectionOptions<SeenPod>, 'path' | 'read' | 'metadataOnly'>,
): PodView & Pick<Collection<SeenPod>, 'ready'> {
  const pods = watchCollection<SeenPod>({ ...options, path: '/api/v1/pods', metadataOnly: true, read });
  return {
    ready: pods.ready,
    size: pods.size,
    has(owner) {
      const [uid, staticUID] = pods.get(`${owner.namespace}/${owner.name}`)?.version.split(' ') ?? [];
      return uid !== undefined && isOwner({ ...owner, uid, staticUID: staticUID ?? '' }, owner);
    },
  };
}

/** `version` is the UID, and after a space that of the static Pod that it stands for: nothing else matters here. */
export type SeenPod = Versioned;

function read(object: JsonObject): SeenPod | undefined {
  const pod = readPodIdentity(object);
  return pod && { version: pod.staticUID === '' ? pod.uid : `${pod.uid} ${pod.staticUID}` };
}
