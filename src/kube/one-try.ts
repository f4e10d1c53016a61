import type { KubeRequest } from './client.ts';
import type { Outcome, Transport } from './transport.ts';

export interface OneTry {
  readonly transport: Pick<Transport, 'exchange'>;
  readonly request: KubeRequest;
  readonly token: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Sends a request once, whatever comes back. Rejects only with what createTransport() throws. */
export async function tryOnce({ transport, request, token, timeout }: OneTry): Promise<Outcome> {
  return transport.exchange({
    method: request.method,
    target: targetOf(request, timeout),
    headers: {
      accept: request.accept ?? 'application/json',
      'user-agent': 'antrea-cni',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(request.body !== undefined && { 'content-type': contentType(request) }),
    },
    body: request.body === undefined ? undefined : JSON.stringify(request.body),
    timeout,
  });
}

/** The server gives up when we do: what it has not begun by then, it never does. */
function targetOf({ path, query = {} }: KubeRequest, timeout: number): string {
  const pairs = Object.entries({ ...query, timeout: `${timeout}ms` });
  return `${path}?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}

function contentType({ method }: KubeRequest): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}
