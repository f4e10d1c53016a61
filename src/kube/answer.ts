import { parseForeignJson } from '../system/bounded-json.ts';
import { Failure, messageOf, type FailureKind } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';
import { parseRetryAfter } from './backoff.ts';
import { isCertificateError } from './certificate-error.ts';
import type { KubeRequest } from './client.ts';
import type { Outcome } from './transport.ts';

export type Verdict =
  | { readonly kind: 'answer'; readonly status: number; readonly body: JsonObject }
  | Failed<'again' | 'unauthorized' | 'untrusted' | 'forbidden' | 'final'>;

interface Failed<Kind> {
  readonly kind: Kind;
  readonly failure: Failure;
  /** Milliseconds that the server asks us to wait. */
  readonly retryAfter?: number | undefined;
  /** Whether a change may have been made, or may yet be. */
  readonly mayBeDone: boolean;
}

export interface Asked {
  readonly request: KubeRequest;
  readonly server: string;
}

/**
 * What the outcome of one try means. Whatever the server says is checked, and cut short where it is quoted.
 * @throws Failure `decode` when an object of a tenant has more strings than this process may read
 */
export function judge(outcome: Outcome, asked: Asked): Verdict {
  if (outcome.status === undefined) return judgeSilence(outcome, asked);
  const { status, text } = outcome;
  const body = parse(text, asked);
  if (asked.request.expect?.includes(status)) return { kind: 'answer', status, body: body ?? {} };
  if (status < 200 || status > 299)
    return judgeRefusal(asked, { ...outcome, said: `${status}: ${saidBy(body, text)}` });
  if (body !== undefined) return { kind: 'answer', status, body };
  return again(asked, 'answered something that is no JSON object', { mayBeDone: true });
}

function judgeRefusal(
  asked: Asked,
  answer: { readonly status: number; readonly retryAfter: string | undefined; readonly said: string },
): Verdict {
  const { status, said } = answer;
  if (status >= 300 && status < 400)
    return final(
      'config',
      `the API server ${asked.server} redirects elsewhere (${said}): expected no proxy in between`,
    );
  if (status === 401) return unauthorized(asked, said);
  const retryAfter = parseRetryAfter(answer.retryAfter);
  if (status === 429) return again(asked, `has too many requests (${said})`, { retryAfter, mayBeDone: false });
  if (status >= 500) return again(asked, `answered ${said}`, { retryAfter, mayBeDone: true });
  if (isWithoutRoles(status, said)) return again(asked, `has not read its roles yet (${said})`, { mayBeDone: false });
  const refused = final(status === 404 ? 'not-found' : 'refused', `the API server refuses ${what(asked)}: ${said}`);
  return isMissingRight(status, said) ? { ...refused, kind: 'forbidden' } : refused;
}

/** By RBAC, not by an admission policy. An API server that has just started knows of no rights for some 100 ms. */
function isMissingRight(status: number, said: string): boolean {
  return status === 403 && /is forbidden: User ".*" cannot [a-z]+ resource "/.test(said);
}

/** It makes the roles of its own when it starts, and reads them as everybody does: some 100 ms, seconds on a busy machine. */
function isWithoutRoles(status: number, said: string): boolean {
  return status === 403 && /: RBAC: .*clusterrole\.rbac\.authorization\.k8s\.io "system:.*" not found/.test(said);
}

function judgeSilence({ error, sent }: Outcome & { status: undefined }, asked: Asked): Verdict {
  if (error instanceof Failure) {
    const failure = new Failure(
      error.kind,
      `the API server ${asked.server}, asked to ${what(asked)}: ${error.message}`,
    );
    return { kind: 'final', failure, mayBeDone: sent };
  }
  if (isCertificateError(error)) return untrusted(asked, messageOf(error));
  return again(asked, `did not answer (${messageOf(error)})`, { mayBeDone: sent, cause: error });
}

/** Nothing was sent. The authority's certificates may have been replaced by others. */
function untrusted(asked: Asked, reason: string): Verdict {
  const message = `the certificate of the API server ${asked.server} is not the expected one (${reason}): check certificate-authority, tls-server-name and server of the kubeconfig`;
  return { ...final('config', message), kind: 'untrusted' };
}

function again(
  asked: Asked,
  problem: string,
  facts: { readonly mayBeDone: boolean; readonly retryAfter?: number | undefined; readonly cause?: unknown },
): Verdict {
  const { mayBeDone, retryAfter, cause } = facts;
  const failure = new Failure(
    'unavailable',
    `the API server ${asked.server} ${problem} to ${what(asked)}: try again later`,
    {
      cause,
    },
  );
  return { kind: 'again', failure, retryAfter, mayBeDone };
}

function final(kind: FailureKind, message: string): Failed<'final'> {
  return { kind: 'final', failure: new Failure(kind, message), mayBeDone: false };
}

/** The token may just be on its way: whoever renews it writes the file. */
function unauthorized(asked: Asked, said: string): Verdict {
  const failure = new Failure(
    'unavailable',
    `the API server ${asked.server} does not accept the credentials of the kubeconfig (${said}): expected a token or client certificate that is valid`,
  );
  return { kind: 'unauthorized', failure, mayBeDone: false };
}

/** `POST /apis/…`, which tells more than a verb in words when rights are missing. */
function what({ request }: Asked): string {
  return `${request.method} ${request.path}`;
}

function parse(text: string, asked: Asked): JsonObject | undefined {
  try {
    const value = parserFor(asked)(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof Failure) throw error;
    return undefined;
  }
}

function parserFor(asked: Asked): (text: string) => unknown {
  if (!tenants.test(asked.request.path)) return JSON.parse;
  return (text) => parseForeignJson(text, `the answer of the API server to ${what(asked)}`);
}

/** Objects that tenants write: Pods and networks. Pools and allocations, which they do not, can be large. */
const tenants = /^\/api\/v1\/namespaces\/|\/network-attachment-definitions\//;

/** The message of a Status, or the text of a proxy. */
function saidBy(body: JsonObject | undefined, text: string): string {
  const message = typeof body?.['message'] === 'string' ? body['message'] : text;
  // oxlint-disable-next-line no-control-regex -- it goes into logs and onto terminals
  const clean = message.replaceAll(/[\u0000-\u001F\u007F-\u009F]+/g, ' ').trim();
  return clean.length > 500 ? `${clean.slice(0, 500)}…` : clean;
}
