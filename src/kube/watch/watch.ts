import { Failure, messageOf } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import type { Log } from '../../system/log.ts';
import type { Api } from './api.ts';
import { listPages, metadataOnly, wholeObjects } from './list.ts';
import { createKept, type Collection, type Versioned } from './kept.ts';
import { createComplaints, type Complaints } from './complaints.ts';
import { followWatch, pauseAfter } from './follow.ts';
import { createFreshness, type Freshness } from './freshness.ts';
import { sleep } from '../../system/sleep.ts';

export interface CollectionOptions<T extends Versioned> {
  readonly api: Pick<Api, 'client' | 'openWatch'>;
  /** Of all objects: `/api/v1/pods`, `/apis/crd.antrea.io/v1beta1/ipallocations`. */
  readonly path: string;
  /** `spec.nodeName=node-1`: only those. */
  readonly fieldSelector?: string;
  /** Whether `read` needs nothing but `metadata`: then nothing else is sent. */
  readonly metadataOnly?: boolean;
  /** The little that is kept of an object; undefined: nothing, as if it was not there; the same if it throws. */
  readonly read: (object: JsonObject) => T | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly metrics: WatchMetrics;
  readonly sleep?: typeof sleep;
  /** Milliseconds, monotonic. */
  readonly clock?: () => number;
}

/** Where it is counted how connections end. */
export interface WatchMetrics {
  /** @param path of the resource: `/api/v1/pods` */
  readonly watchRestarted: (path: string, reason: 'expired' | 'closed' | 'error' | 'refused') => void;
}

/**
 * Keeps what `read` gives of each object of a resource, as it is now: a LIST, then a watch, for as long as `signal`
 * lasts. What the API server forgets (410) is listed anew, later and later if nothing comes of it; while it does not
 * answer, what is known stays, and is asked for again at least every two seconds; what it refuses, every half a minute.
 * `synced` says whether it may be relied upon meanwhile.
 */
export function watchCollection<T extends Versioned>(options: CollectionOptions<T>): Collection<T> {
  const freshness = createFreshness({ path: options.path, clock: options.clock ?? (() => performance.now()) });
  const kept = createKept<T>(options.log, freshness.problem);
  const complaints = createComplaints(options);
  const work: Work<T> = { sleep, ...options, read: tolerant(options), kept, freshness, complaints };
  // Nothing of it rejects: see keepUp().
  void keepUp(work);
  return kept.collection;
}

/** One object that cannot be read must not keep all others from being known, nor an older state of itself. */
function tolerant<T extends Versioned>({ read, path, log }: CollectionOptions<T>): CollectionOptions<T>['read'] {
  return (object) => {
    try {
      return read(object);
    } catch (error) {
      log('error', 'passed over an object that cannot be read', { path, error: messageOf(error) });
      return undefined;
    }
  };
}

export interface Work<T extends Versioned> extends CollectionOptions<T> {
  readonly sleep: NonNullable<CollectionOptions<T>['sleep']>;
  readonly kept: ReturnType<typeof createKept<T>>;
  readonly freshness: Freshness;
  readonly complaints: Complaints;
}

async function keepUp<T extends Versioned>(work: Work<T>): Promise<void> {
  const { signal, path, freshness, complaints } = work;
  /** Lists, one after the other, that failed, or that no change followed. */
  let tries = 0;
  const onProgress = (): void => {
    tries = 0;
  };
  while (!signal.aborted) {
    try {
      await followWatch(work, { from: await listAll(work), onProgress });
      tries += 1;
      // A list of all, over and over again, is the last thing that a busy API server needs.
      if (tries > 1) await work.sleep(pauseAfter(tries, false), signal);
    } catch (error) {
      if (signal.aborted) return;
      tries += 1;
      freshness.lost(messageOf(error));
      const isRefused = complaints.failed('cannot list', { error, failures: tries });
      work.metrics.watchRestarted(path, isRefused ? 'refused' : 'error');
      await work.sleep(pauseAfter(tries, isRefused), signal);
    }
  }
}

/** Returns the version that a watch starts after. */
async function listAll<T extends Versioned>(work: Work<T>): Promise<string> {
  const { api, path, kept, read, signal, freshness, fieldSelector } = work;
  const { list } = work.metadataOnly === true ? metadataOnly : wholeObjects;
  let version = '';
  const round = kept.beginList();
  for await (const page of listPages(api.client, { path, fieldSelector, accept: list })) {
    if (signal.aborted) throw new Failure('unavailable', 'stopped');
    for (const object of page.items) round.put(object, read(object));
    version = page.resourceVersion;
  }
  // Whoever waits for the end of the list is to find that it is known.
  freshness.listed();
  round.end();
  return version;
}
