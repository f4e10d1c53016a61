import type { KubeRequest } from '../../kube/client.ts';
import { networksAnnotation, parseNetworks } from '../../multinet/annotation.ts';
import { definitionPath } from '../../multinet/nad.ts';
import { isJsonObject } from '../../system/json-object.ts';
import { monotonicNow } from '../../system/time.ts';
import type { PassOn } from './pass-on.ts';

type Send = PassOn['request'];

/** Milliseconds for which what was read ahead is as good as what is read now: the plugin asks at once. */
const freshness = 1000;
/** Networks of one Pod; what is beyond is read when it is asked for. */
const most = 16;

/**
 * For one call of the plugin: who has asked for a Pod asks for the networks of its annotation next. They are on their
 * way to us while the Pod is on its way to the plugin. Each is answered once.
 * @param now milliseconds
 */
export function readingAhead(send: Send, now: () => number = monotonicNow): Send {
  const begun = new Map<string, { readonly answer: Promise<object>; readonly since: number }>();
  return async (passed, remaining) => {
    const { request } = passed;
    const early = isPlainGet(request) && request.accept === undefined ? begun.get(request.path) : undefined;
    if (early !== undefined) {
      begun.delete(request.path);
      if (now() - early.since < freshness) return early.answer;
    }
    const answer = await send(passed, remaining);
    const begin = (path: string): void => {
      const ahead = send({ ...passed, request: { method: 'GET', path } }, remaining);
      // Whoever asks for it is told.
      ahead.catch(() => {});
      begun.set(path, { answer: ahead, since: now() });
    };
    // The plugin gets its answer first.
    setImmediate(() => networksOf(request, answer).forEach(begin));
    return answer;
  };
}

function isPlainGet({ method, query = {} }: KubeRequest): boolean {
  return method === 'GET' && Object.keys(query).length === 0;
}

/** Paths of what a Pod asks for; none when this is no Pod, or its annotation is not valid, which the plugin will say. */
function networksOf(request: KubeRequest, answer: object): readonly string[] {
  const [, namespace] = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/[^/]+$/.exec(request.path) ?? [];
  if (namespace === undefined || !isPlainGet(request) || !isJsonObject(answer) || answer['status'] !== 200) return [];
  try {
    const pod: unknown = JSON.parse(String(answer['text']));
    const metadata = isJsonObject(pod) ? pod['metadata'] : undefined;
    const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
    const text = isJsonObject(annotations) ? annotations[networksAnnotation] : undefined;
    const networks = typeof text === 'string' ? parseNetworks(text, namespace) : [];
    return [...new Set(networks.map(definitionPath))].slice(0, most);
  } catch {
    return [];
  }
}
