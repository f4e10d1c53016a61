import type { KubeRequest } from '../../kube/client.ts';
import type { PodEvent, RegardedPod } from '../../kube/pod-event.ts';
import { fieldOf, isAbsent, malformed, objectOf, textOf, type Field } from '../../ipam/manifest.ts';

/** A request to the API server that the agent passes on for the plugin. */
export interface PassedRequest {
  readonly op: 'request';
  /** Path of the plugin's own. */
  readonly kubeconfig: string;
  readonly request: KubeRequest;
}

export interface PassedEvent {
  readonly op: 'event';
  readonly kubeconfig: string;
  readonly pod: RegardedPod;
  readonly event: PodEvent;
}

/** @throws Failure `config` that names the key */
export function readPassedRequest(root: Field): PassedRequest {
  const body = fieldOf(root, 'body');
  const request: KubeRequest = {
    method: methodOf(fieldOf(root, 'method')),
    path: pathOf(fieldOf(root, 'path')),
    query: queryOf(fieldOf(root, 'query')),
    ...(!isAbsent(body) && { body: objectOf(body, 'an object') }),
    ...acceptOf(fieldOf(root, 'accept')),
  };
  return { op: 'request', kubeconfig: shortText(root, 'kubeconfig', 4096), request };
}

/** @throws Failure `config` that names the key */
export function readPassedEvent(root: Field): PassedEvent {
  const pod = fieldOf(root, 'pod');
  const event = fieldOf(root, 'event');
  return {
    op: 'event',
    kubeconfig: shortText(root, 'kubeconfig', 4096),
    pod: {
      namespace: shortText(pod, 'namespace', 253),
      name: shortText(pod, 'name', 253),
      uid: shortText(pod, 'uid', 253),
      mirrored: shortText(pod, 'mirrored', 253),
    },
    event: {
      type: typeOf(fieldOf(event, 'type')),
      reason: shortText(event, 'reason', 128),
      message: textOf(fieldOf(event, 'message'), 'a string'),
    },
  };
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function methodOf(field: Field): KubeRequest['method'] {
  const method = methods.find((one) => one === field.value);
  if (method === undefined) throw malformed(field, methods.join(', '));
  return method;
}

/** Of an object or a collection, as the API server has them; each part is encoded already. */
function pathOf(field: Field): string {
  const expected = 'the path of an object of the API';
  const path = textOf(field, expected);
  const parts = path.split('/').slice(1);
  const isPlain = /^\/apis?(?:\/[\w.:%~!$&'()*+,;=@-]{1,300}){2,12}$/.test(path);
  if (!isPlain || parts.some((part) => /^(?:\.|%2e){1,2}$/i.test(part))) throw malformed(field, expected);
  return path;
}

/** A watch would not end. */
function queryOf(field: Field): Readonly<Record<string, string>> {
  if (isAbsent(field)) return {};
  const entries = Object.keys(objectOf(field, 'an object')).map((key) => {
    if (!/^[A-Za-z]{1,40}$/.test(key) || ['watch', 'follow', 'timeout'].includes(key))
      throw malformed({ ...field, value: key }, 'keys of a request that ends');
    return [key, shortText(field, key, 4096)] as const;
  });
  return Object.fromEntries(entries);
}

/** It becomes part of a header. */
function acceptOf(field: Field): { readonly accept?: string } {
  if (isAbsent(field)) return {};
  const accept = textOf(field, 'a media type');
  if (!/^[\w.+;=,/* -]{1,200}$/.test(accept)) throw malformed(field, 'a media type');
  return { accept };
}

function typeOf(field: Field): PodEvent['type'] {
  if (field.value === 'Normal' || field.value === 'Warning') return field.value;
  throw malformed(field, 'Normal or Warning');
}

function shortText(parent: Field, key: string, longest: number): string {
  const field = fieldOf(parent, key);
  const text = textOf(field, 'a string');
  if (text.length > longest) throw malformed(field, `at most ${longest} characters`);
  return text;
}
