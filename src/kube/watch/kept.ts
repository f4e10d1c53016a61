import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';

/** What is kept of an object says which state of it this is: two with the same version are the same. */
export interface Versioned {
  /** uid and resourceVersion, joined by `/`. */
  readonly version: string;
}

/** `before` undefined: it is new. `after` undefined: it is gone. */
export interface Change<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** The objects of a resource, as they were a moment ago. Keys are `name`, or `namespace/name`. */
export interface Collection<T> {
  readonly get: (key: string) => T | undefined;
  readonly values: () => IterableIterator<T>;
  readonly size: () => number;
  /** Calls `listener` after each change from now on; what it returns ends that. */
  readonly onChange: (listener: (change: Change<T>) => void) => () => void;
  /** Whether all of them are known, and changes have been told until a moment ago: else nothing may be done by them. */
  readonly synced: () => boolean;
  /** Why not; undefined: they are. */
  readonly problem: () => string | undefined;
  /** Resolves when all of them have been listed once. */
  readonly ready: Promise<void>;
}

export interface Kept<T> {
  readonly collection: Collection<T>;
  readonly put: (object: JsonObject, value: T | undefined) => void;
  readonly remove: (object: JsonObject) => void;
  /** What is not put before `end` is gone by then. */
  readonly beginList: () => { readonly put: Kept<T>['put']; readonly end: () => void };
}

/** @param problem why what is kept may not be relied upon now; undefined: it may */
export function createKept<T extends Versioned>(
  log: Log,
  problem: () => string | undefined = () => undefined,
): Kept<T> {
  const values = new Map<string, T>();
  const listeners = new Set<(change: Change<T>) => void>();
  const { promise: ready, resolve: markReady } = Promise.withResolvers<void>();
  const set = (key: string, after: T | undefined): void => {
    const before = values.get(key);
    if (before?.version === after?.version) return;
    if (after === undefined) values.delete(key);
    else values.set(key, after);
    for (const listener of listeners) notify(listener, { before, after }, log);
  };
  const endList = (seen: ReadonlySet<string>): void => {
    for (const key of values.keys()) if (!seen.has(key)) set(key, undefined);
    markReady();
  };
  return {
    put: (object, value) => set(keyOf(object), value),
    remove: (object) => set(keyOf(object), undefined),
    beginList: () => beginList(set, endList),
    collection: {
      get: (key) => values.get(key),
      values: () => values.values(),
      size: () => values.size,
      onChange: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      problem,
      synced: () => problem() === undefined,
      ready,
    },
  };
}

function beginList<T>(
  set: (key: string, after: T | undefined) => void,
  end: (seen: ReadonlySet<string>) => void,
): ReturnType<Kept<T>['beginList']> {
  const seen = new Set<string>();
  return {
    put: (object, value) => {
      const key = keyOf(object);
      seen.add(key);
      set(key, value);
    },
    end: () => end(seen),
  };
}

/** `uid/resourceVersion` of an object. */
export function versionOf({ metadata }: JsonObject): string {
  const { uid, resourceVersion } = isJsonObject(metadata) ? metadata : {};
  return `${String(uid)}/${String(resourceVersion)}`;
}

/** A defect of one listener must neither end the watch nor hide the change from the others. */
function notify<T>(listener: (change: Change<T>) => void, change: Change<T>, log: Log): void {
  try {
    listener(change);
  } catch (error) {
    log('error', 'a change could not be handled', {
      error: messageOf(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
  }
}

function keyOf({ metadata }: JsonObject): string {
  const { namespace, name } = isJsonObject(metadata) ? metadata : {};
  return typeof namespace === 'string' && namespace !== '' ? `${namespace}/${String(name)}` : String(name);
}
