import { Watch } from '@kubernetes/client-node/dist/watch.js';
import { isCertificateError } from '../certificate-error.ts';
import type { ClusterAccess, Refused } from '../kubeconfig.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { clientConfig } from './client-config.ts';

export interface WatchRequest {
  /** `/api/v1/pods` */
  readonly path: string;
  readonly fieldSelector?: string | undefined;
  /** Changes after this version. */
  readonly resourceVersion: string;
  /** Media type; see `metadataOnly`. */
  readonly accept: string;
  /** The API server has accepted: it will tell of all changes. */
  readonly onOpen: () => void;
  readonly onEvent: (event: WatchEvent) => void;
  readonly signal: AbortSignal;
}

export interface WatchEvent {
  /** `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR` */
  readonly type: string;
  readonly object: JsonObject;
}

/** How a connection ended: `status` if the API server refused it, `error` if it broke, neither if it was closed. */
export interface WatchEnd {
  readonly status?: number;
  readonly error?: unknown;
}

/** Ends with the connection; never rejects. */
export type OpenWatch = (request: WatchRequest) => Promise<WatchEnd>;

/** Milliseconds of silence after which a connection is given up: bookmarks come every minute. */
const silence = 100_000;

/** Watches by @kubernetes/client-node. @param userAgent for the API server's logs */
export function watchConnections(access: ClusterAccess, userAgent: string): OpenWatch {
  let why: Omit<Refused, 'patience'> = {};
  return async (request) => {
    try {
      const current = (await access.renewed?.({ ...why, patience: silence })) ?? access;
      if (request.signal.aborted) return {};
      const end = await connect(watchWith(current, { Accept: request.accept, 'User-Agent': userAgent }), request);
      if (end.status === unauthorized) why = { refused: current };
      if (isDistrust(end.error)) why = { distrusting: current };
      return end;
    } catch (error) {
      return { error };
    }
  };
}

const unauthorized = 401;

/** `fetch failed` has the error as its cause. */
function isDistrust(error: unknown): boolean {
  return error instanceof Error && (isCertificateError(error) || isDistrust(error.cause));
}

function watchWith(access: ClusterAccess, headers: Readonly<Record<string, string>>): Watch {
  const watch = new Watch(clientConfig(access, headers));
  // Its own limit of 30 s is half the time between two bookmarks, and has no setter.
  return Object.assign(watch, { requestTimeoutMs: silence });
}

async function connect(watch: Watch, request: WatchRequest): Promise<WatchEnd> {
  const { path, fieldSelector, resourceVersion, signal } = request;
  const query = {
    resourceVersion,
    allowWatchBookmarks: true,
    timeoutSeconds: lifetime(),
    ...(fieldSelector !== undefined && { fieldSelector }),
  };
  return new Promise((resolve) => {
    let connection: AbortController | undefined;
    let ended = false;
    const stop = (): void => connection?.abort();
    const end = (error: unknown): void => {
      signal.removeEventListener('abort', stop);
      ended = true;
      resolve(endOf(error));
    };
    signal.addEventListener('abort', stop);
    watch
      .watch(path, query, receiver(request), end)
      .then((opened) => {
        connection = opened;
        if (signal.aborted) stop();
        else if (!ended) request.onOpen();
      })
      .catch(end);
  });
}

function receiver({ onEvent, signal }: WatchRequest): (type: string, object: unknown) => void {
  return (type, object) => {
    if (!signal.aborted && isJsonObject(object)) onEvent({ type, object });
  };
}

/** Seconds, by chance: not all watches are to be renewed at once. */
function lifetime(): number {
  return Math.round(300 + Math.random() * 300);
}

function endOf(error: unknown): WatchEnd {
  if (error === null || error === undefined) return {};
  const status: unknown = error instanceof Error ? Reflect.get(error, 'statusCode') : undefined;
  return typeof status === 'number' ? { status, error } : { error };
}
