import { awaitingAdoption } from '../ipam/kubernetes/adoption.ts';
import { poolFinalizer, poolsPath } from '../ipam/kubernetes/paths.ts';
import { readPool, type Pool } from '../ipam/pool.ts';
import { messageOf } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';
import { versionOf, type Collection } from '../kube/watch/kept.ts';
import { watchCollection, type CollectionOptions } from '../kube/watch/watch.ts';

/** An IPPool, as far as the controller needs it. */
export interface PoolState {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly version: string;
  /** Grows with every change of the spec. */
  readonly generation: number;
  /** undefined when the spec is not valid: nothing is allocated from it. */
  readonly pool: Pool | undefined;
  /** What is wrong with the spec, then. */
  readonly problem?: string;
  readonly deleting: boolean;
  readonly finalizers: readonly string[];
  readonly hasFinalizer: boolean;
  /**
   * Whether `status.ipAddresses` may be another controller's: then the addresses there are to become allocations, and
   * until the condition `Adopted` says that they are, nothing of the status may be replaced.
   */
  readonly awaitsAdoption: boolean;
  /** As it is in the cluster, whoever wrote it; empty if there is none. */
  readonly status: JsonObject;
}

/** All pools; keys are their names. */
export type Pools = Collection<PoolState>;

export function watchPools(options: Omit<CollectionOptions<PoolState>, 'path' | 'read' | 'metadataOnly'>): Pools {
  return watchCollection({ ...options, path: poolsPath, read: readPoolState });
}

export function readPoolState(object: JsonObject): PoolState {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const list = metadata['finalizers'];
  const finalizers = Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  const status = isJsonObject(object['status']) ? object['status'] : {};
  return {
    name: String(metadata['name']),
    uid: String(metadata['uid']),
    resourceVersion: String(metadata['resourceVersion']),
    version: versionOf(object),
    generation: Number(metadata['generation'] ?? 0),
    ...validOrNot(object),
    deleting: metadata['deletionTimestamp'] !== undefined,
    finalizers,
    hasFinalizer: finalizers.includes(poolFinalizer),
    awaitsAdoption: awaitingAdoption(status).length > 0,
    status,
  };
}

function validOrNot(object: JsonObject): Pick<PoolState, 'pool' | 'problem'> {
  try {
    return { pool: readPool(object) };
  } catch (error) {
    return { pool: undefined, problem: messageOf(error) };
  }
}
