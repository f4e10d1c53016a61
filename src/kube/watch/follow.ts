import { backoff } from '../backoff.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import type { WatchEnd, WatchEvent } from './connection.ts';
import { metadataOnly, wholeObjects } from './list.ts';
import type { Versioned } from './kept.ts';
import type { Work } from './watch.ts';

export interface Following {
  /** A version: changes after it are told. */
  readonly from: string;
  /** Something was told. */
  readonly onProgress: () => void;
}

/**
 * Watches, one connection after the other, until the API server does not know the version any more: then the caller
 * lists anew.
 * @throws Failure `unavailable` when the API server reports something else, which a new list may mend
 */
export async function followWatch<T extends Versioned>(work: Work<T>, { from, onProgress }: Following): Promise<void> {
  const { signal, path, metrics, freshness, complaints } = work;
  const place: Place = { version: from, failures: 0, onProgress };
  while (!signal.aborted) {
    place.failures += 1;
    const end = await oneConnection(work, place);
    if (signal.aborted) return;
    freshness.lost(end.error === undefined ? undefined : messageOf(end.error));
    if (end.status === gone) {
      metrics.watchRestarted(path, 'expired');
      return;
    }
    const { failures } = place;
    const { error, status } = end;
    const isRefused = error !== undefined && complaints.failed('the watch broke', { error, status, failures });
    metrics.watchRestarted(path, restartReason(end, isRefused));
    // Even a connection that ended as it should is not followed by the next one at once, if nothing came of it.
    if (failures > 0) await work.sleep(pauseAfter(failures, isRefused), signal);
  }
}

/** Milliseconds. What is refused is refused until somebody acts: all Nodes together are not to ask for it all the time. */
export function pauseAfter(failures: number, isRefused: boolean): number {
  const pause = backoff(failures, Math.random());
  return isRefused ? Math.min(15 * pause, 30_000) : pause;
}

function restartReason({ error }: WatchEnd, isRefused: boolean): 'closed' | 'error' | 'refused' {
  if (isRefused) return 'refused';
  return error === undefined ? 'closed' : 'error';
}

const gone = 410;

interface Place extends Pick<Following, 'onProgress'> {
  version: string;
  /** Connections that nothing came of, one after the other; the one that is being made counts until something comes. */
  failures: number;
}

async function oneConnection<T extends Versioned>(work: Work<T>, place: Place): Promise<WatchEnd> {
  const { watch } = work.metadataOnly === true ? metadataOnly : wholeObjects;
  let reported: WatchEnd | undefined;
  const end = await work.api.openWatch({
    path: work.path,
    fieldSelector: work.fieldSelector,
    resourceVersion: place.version,
    accept: watch,
    signal: work.signal,
    onOpen: () => {
      work.freshness.follows();
      work.complaints.over();
    },
    onEvent: (event) => {
      if (place.failures > 1) work.log('info', 'the watch is back', { path: work.path, failures: place.failures - 1 });
      place.failures = 0;
      if (event.type === 'ERROR') {
        reported = errorOf(event.object);
        return;
      }
      place.onProgress();
      apply(work, place, event);
    },
  });
  if (reported !== undefined && reported.status !== gone) throw reported.error;
  return reported ?? end;
}

function apply<T extends Versioned>({ kept, read }: Work<T>, place: Place, { type, object }: WatchEvent): void {
  const version = isJsonObject(object['metadata']) ? object['metadata']['resourceVersion'] : undefined;
  if (type === 'ADDED' || type === 'MODIFIED') kept.put(object, read(object));
  if (type === 'DELETED') kept.remove(object);
  // Also of a bookmark, which is nothing but that.
  if (typeof version === 'string') Object.assign(place, { version });
}

function errorOf({ code, message }: JsonObject): WatchEnd {
  const text = typeof message === 'string' ? message : 'an error without a message';
  const error = new Failure('unavailable', `the watch ended with: ${text}`);
  return typeof code === 'number' ? { status: code, error } : { error };
}
