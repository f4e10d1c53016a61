import { isJsonObject, type JsonObject } from '../config/json.ts';
import type { KubeClient } from '../kube/client.ts';
import { versionOf, type Versioned } from '../kube/watch/kept.ts';
import { watchCollection, type CollectionOptions } from '../kube/watch/watch.ts';
import { Failure, messageOf } from '../system/failure.ts';
import { createFollowed, type Followed } from './followed.ts';
import { repeat } from './repeat.ts';

export interface FollowNodeConfigsOptions extends Pick<CollectionOptions<Kept>, 'api' | 'metrics' | 'log' | 'signal'> {
  /** Whether they matter now. */
  readonly wanted: () => boolean;
  /** Milliseconds until that is asked again, and until the next try where the cluster does not know the kind. */
  readonly interval: number;
}

export const nodeConfigsPath = '/apis/crd.antrea.io/v1alpha1/antreanodeconfigs';

/** Those that were known last stay while nothing tells of changes: a bridge is not taken away for that. */
export interface NodeConfigs extends Followed<readonly JsonObject[] | undefined> {
  /** Why they may not be those of now; undefined: they are, or they do not matter. */
  readonly problem: () => string | undefined;
}

/** AntreaNodeConfig objects as they are now, while they are wanted; undefined else, and until they have been listed. */
export function followNodeConfigs(options: FollowNodeConfigsOptions): NodeConfigs {
  const { api, wanted, interval, signal, log } = options;
  const followed = createFollowed<readonly JsonObject[] | undefined>(undefined);
  let watching: (Pick<NodeConfigs, 'problem'> & { readonly end: () => void }) | undefined;
  const look = async (): Promise<void> => {
    if (!wanted()) {
      watching?.end();
      watching = undefined;
      // When they matter again, others may be there.
      followed.set(undefined);
    } else if (watching === undefined) {
      await expectKind(api.client);
      const ending = new AbortController();
      const until = AbortSignal.any([signal, ending.signal]);
      watching = { end: () => ending.abort(), problem: watch({ ...options, signal: until }, followed.set) };
    }
  };
  void repeat(look, { interval, signal, log, what: 'follow the AntreaNodeConfig objects' });
  return { ...followed, problem: () => watching?.problem() };
}

interface Kept extends Versioned {
  readonly object: JsonObject;
}

/** @param tell of all objects, once they have been listed, and after each change @returns `problem` of them */
function watch(
  { api, metrics, log, signal }: FollowNodeConfigsOptions,
  tell: (objects: readonly JsonObject[]) => void,
): NodeConfigs['problem'] {
  const collection = watchCollection({ api, metrics, log, signal, path: nodeConfigsPath, read: keep });
  const tellAll = (): void => {
    if (!signal.aborted) tell([...collection.values()].map(({ object }) => object));
  };
  void collection.ready.then(() => {
    tellAll();
    collection.onChange(tellAll);
  });
  return collection.problem;
}

/** A watch of what there is not would say so in the API server's words only. */
async function expectKind(client: KubeClient): Promise<void> {
  try {
    await client.send({ method: 'GET', path: nodeConfigsPath, query: { limit: '1' } });
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.kind !== 'not-found') throw cause;
    throw new Failure(
      'config',
      `the cluster has no kind AntreaNodeConfig: expected deploy/crds.yaml to be applied, or featureGates.AntreaNodeConfig to be false`,
      { cause: messageOf(cause) },
    );
  }
}

/** The fields that others manage change more often than what matters. */
function keep(object: JsonObject): Kept {
  const { metadata, spec } = object;
  const { name, creationTimestamp } = isJsonObject(metadata) ? metadata : {};
  return { version: versionOf(object), object: { metadata: { name, creationTimestamp }, spec } };
}
