import { backoff } from '../kube/backoff.ts';
import { Failure, messageOf } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';
import type { WatchEnd, WatchEvent } from './api/connection.ts';
import { metadataOnly, wholeObjects } from './api/list.ts';
import type { Versioned } from './kept.ts';
import type { Work } from './watch.ts';

/**
 * Watches, one connection after the other, until the API server does not know the version any more: then the caller
 * lists anew.
 * @throws Failure `unavailable` when the API server reports something else, which a new list may mend
 */
export async function followWatch<T extends Versioned>(work: Work<T>, from: string): Promise<void> {
  const { signal, path, log, metrics } = work;
  const place = { version: from };
  let tries = 0;
  while (!signal.aborted) {
    const { end, events } = await oneConnection(work, place);
    if (signal.aborted) return;
    if (end.status === gone) {
      metrics.watchRestarted(path, 'expired');
      return;
    }
    if (events > 0 && tries > 0) log('info', 'the watch is back', { path, tries });
    tries = events > 0 ? 0 : tries + 1;
    const failed = end.error !== undefined;
    metrics.watchRestarted(path, failed ? 'error' : 'closed');
    if (failed && tries <= 1) log('warn', 'the watch broke', { path, error: messageOf(end.error) });
    // Even a connection that ended as it should is not followed by the next one at once, if nothing came of it.
    if (tries > 0) await work.sleep(backoff(tries, Math.random()), signal);
  }
}

const gone = 410;

interface Place {
  version: string;
}

async function oneConnection<T extends Versioned>(
  work: Work<T>,
  place: Place,
): Promise<{ readonly end: WatchEnd; readonly events: number }> {
  const { watch } = work.metadataOnly === true ? metadataOnly : wholeObjects;
  let events = 0;
  let reported: WatchEnd | undefined;
  const end = await work.api.openWatch({
    path: work.path,
    resourceVersion: place.version,
    accept: watch,
    signal: work.signal,
    onEvent: (event) => {
      if (event.type === 'ERROR') reported = errorOf(event.object);
      else apply(work, place, event);
      events += 1;
    },
  });
  if (reported !== undefined && reported.status !== gone) throw reported.error;
  return { end: reported ?? end, events };
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
