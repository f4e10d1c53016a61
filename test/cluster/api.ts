import { Agent, request, type RequestOptions } from 'node:https';
import { isObject, objectsIn, parseJson, textAt, type JsonObject } from '../fixture/json.ts';

/** What the API server answered, whatever it was. */
export interface Answer {
  readonly status: number;
  /** Empty if it was not JSON. */
  readonly body: JsonObject;
  /** The text as it came. */
  readonly text: string;
  /** `message` of a Status: why something was refused. Empty otherwise. */
  readonly message: string;
  /** The `Warning` headers, without code and quotes. */
  readonly warnings: readonly string[];
}

/** The API as one identity sees it. Paths are whole: `/apis/crd.antrea.io/v1beta1/ippools/a`. */
export interface Api {
  readonly get: (path: string, accept?: string) => Promise<Answer>;
  readonly post: (path: string, body: object) => Promise<Answer>;
  readonly put: (path: string, body: object) => Promise<Answer>;
  /** A JSON merge patch. */
  readonly patch: (path: string, body: object) => Promise<Answer>;
  /** Server-side apply: what `kubectl apply --server-side` does. */
  readonly apply: (path: string, body: object) => Promise<Answer>;
  readonly remove: (path: string, options?: object) => Promise<Answer>;
  /** The `items` of a list; throws if it was refused. */
  readonly list: (path: string) => Promise<readonly JsonObject[]>;
}

export interface ApiOptions {
  readonly port: number;
  /** PEM text. */
  readonly ca: string;
  readonly token?: string | undefined;
  /** PEM texts. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  readonly headers?: Headers;
}

export type Headers = Readonly<Record<string, string | readonly string[]>>;

export interface ClosableApi extends Api {
  readonly close: () => void;
}

/** Who an admin pretends to be. */
export interface Impersonated {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, string>>;
}

export function createApi(options: ApiOptions): ClosableApi {
  const agent = new Agent({ keepAlive: true, ca: options.ca, ...options.clientCertificate });
  const send = (call: Call): Promise<Answer> => answer(call, { agent, ...options });
  const get = (path: string, accept?: string): Promise<Answer> =>
    send({ method: 'GET', path, ...(accept === undefined ? {} : { accept }) });
  return {
    get,
    post: (path, body) => send({ method: 'POST', path, body }),
    put: (path, body) => send({ method: 'PUT', path, body }),
    patch: (path, body) => send({ method: 'PATCH', path, body, type: 'application/merge-patch+json' }),
    apply: (path, body) =>
      send({
        method: 'PATCH',
        path: `${path}?fieldManager=test&force=true`,
        body,
        type: 'application/apply-patch+yaml',
      }),
    remove: (path, body) => send({ method: 'DELETE', path, ...(body === undefined ? {} : { body }) }),
    list: async (path) => objectsIn(accepted(await get(path))['items']),
    close: () => agent.destroy(),
  };
}

/** The body of an answer that has to be a success. */
export function accepted(answered: Answer): JsonObject {
  if (answered.status >= 200 && answered.status < 300) return answered.body;
  throw new Error(`the API server answered ${answered.status}: ${answered.message || answered.text}`);
}

/** https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
export function impersonationHeaders({ user, groups = [], extra = {} }: Impersonated): Headers {
  const headers: Record<string, string | readonly string[]> = { 'impersonate-user': user, 'impersonate-group': groups };
  for (const [key, value] of Object.entries(extra)) headers[`impersonate-extra-${encodeURIComponent(key)}`] = value;
  return headers;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly type?: string;
  readonly accept?: string;
}

async function answer(call: Call, via: ApiOptions & { readonly agent: Agent }): Promise<Answer> {
  const text = call.body === undefined ? '' : JSON.stringify(call.body);
  const options: RequestOptions = {
    agent: via.agent,
    host: '127.0.0.1',
    port: via.port,
    method: call.method,
    path: call.path,
    timeout: 30_000,
    headers: {
      accept: call.accept ?? 'application/json',
      'content-type': call.type ?? 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(via.token === undefined ? {} : { authorization: `Bearer ${via.token}` }),
      ...via.headers,
    },
  };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let received = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (received += part));
      response.on('error', reject);
      response.on('end', () =>
        resolve(toAnswer({ status: response.statusCode ?? 0, text: received, warning: response.headers.warning })),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`${call.method} ${call.path}: no answer in 30 s`)));
    sent.on('error', reject);
    sent.end(text);
  });
}

function toAnswer(raw: { status: number; text: string; warning: string | undefined }): Answer {
  const json = parseJson(raw.text);
  const body = isObject(json) ? json : {};
  const warnings = [...(raw.warning ?? '').matchAll(/299 \S+ "(?<text>(?:[^"\\]|\\.)*)"/gu)];
  return {
    status: raw.status,
    text: raw.text,
    body,
    message: body['kind'] === 'Status' ? (textAt(body, 'message') ?? '') : '',
    warnings: warnings.map((match) => (match.groups?.['text'] ?? '').replaceAll(/\\(.)/gu, '$1')),
  };
}
