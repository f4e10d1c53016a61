import { Failure } from '../system/failure.ts';
import type { JsonObject } from '../system/json-object.ts';
import { deadlineIn, type Deadline } from '../system/time.ts';
import { judge, type Verdict } from './answer.ts';
import { backoff } from './backoff.ts';
import type { ClusterAccess, Refused } from './kubeconfig.ts';
import { tryOnce } from './one-try.ts';
import { createRoutes, type Route, type Routes } from './route.ts';
import { UnknownOutcome } from './unknown-outcome.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/apis/crd.antrea.io/v1beta1/ippools/a`; each part that is not a constant is encoded already. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Statuses that are an answer, not a failure: such as 404. */
  readonly expect?: readonly number[];
  /** Default: `application/json`. */
  readonly accept?: string;
  /** Milliseconds, for what nobody depends on: it is tried once, within this time. */
  readonly onlyTry?: number;
}

export interface KubeAnswer {
  /** 2xx, or one that was expected. */
  readonly status: number;
  readonly body: JsonObject;
  /** Whether an earlier try of this very request got no clear answer: what is there now may be its work. */
  readonly uncertain: boolean;
}

export interface KubeClient {
  /**
   * Tries again what may go better the next time, within the limits.
   * @throws Failure `unavailable`: no answer, too many requests, 5xx, or 401 within the time; `refused`: what the API
   * server will never accept, in its own words; `not-found`; `config`: this is no API server, or its certificate is
   * not the one expected. UnknownOutcome, of the same kinds, when the request may have been done nevertheless.
   */
  send(request: KubeRequest): Promise<KubeAnswer>;
  /** How to name the server in a message. */
  readonly server: string;
  close(): void;
}

export interface ClientOptions {
  readonly access: ClusterAccess;
  /** Of the call that the requests are for. */
  readonly deadline: Deadline;
  readonly limits?: Limits;
  readonly time?: Time;
  /** Whether this process speaks TLS to this server only: what it trusts may then be set for the whole process. */
  readonly sole?: boolean;
}

/** Milliseconds for one try, and for all tries of one request; `attempt` is also for all tries of one that follows a request which was given up. */
export interface Limits {
  readonly attempt: number;
  readonly total: number;
}

export interface Time {
  readonly deadlineIn: (milliseconds: number) => Deadline;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const defaultLimits: Limits = { attempt: 5000, total: 20_000 };
const realTime: Time = {
  deadlineIn,
  sleep: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    }),
};

/** Everything of `options` but the access, which a kubeconfig gives. Reads it, and connects, at the first request. */
export function lazyClient(readAccess: () => ClusterAccess, options: Omit<ClientOptions, 'access'>): KubeClient {
  let client: KubeClient | undefined;
  const opened = (): KubeClient => (client ??= createClient({ ...options, access: readAccess() }));
  return {
    send: async (request) => opened().send(request),
    get server() {
      return opened().server;
    },
    close: () => client?.close(),
  };
}

export function createClient(options: ClientOptions): KubeClient {
  const { access, deadline, limits = defaultLimits, time = realTime, sole = false } = options;
  const routes = createRoutes(access, sole);
  const { secure, host, port } = access.server;
  const server = `http${secure ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  // A call has several requests. When one of them was given up, the others are not worth the same patience again.
  let isAway = false;
  return {
    server,
    send: async (request) => {
      const { onlyTry } = request;
      const patience = onlyTry ?? (isAway ? limits.attempt : limits.total);
      const end = time.deadlineIn(Math.min(patience, deadline.remaining()));
      try {
        const answer = await persist({ request, server, routes, limits, time, end });
        isAway = false;
        return answer;
      } catch (error) {
        if (onlyTry === undefined) isAway = error instanceof Failure && error.kind === 'unavailable';
        throw error;
      }
    },
    close: () => routes.close(),
  };
}

/** Milliseconds, when there are other credentials. */
const soon = 5;

interface Work {
  readonly request: KubeRequest;
  readonly server: string;
  readonly routes: Routes;
  readonly limits: Limits;
  readonly time: Time;
  readonly end: Deadline;
}

async function persist(work: Work): Promise<KubeAnswer> {
  const { request, time, end } = work;
  const changes = request.method !== 'GET';
  let uncertain = false;
  let shown = await credentials(work, {});
  for (let tries = 1; ; tries++) {
    const verdict = await attempt(work, shown);
    if (verdict.kind === 'answer') return { status: verdict.status, body: verdict.body, uncertain };
    uncertain ||= changes && verdict.mayBeDone;
    const next = await nextCredentials(work, { verdict, shown });
    const isSame = next.token === shown.token && next.route === shown.route;
    const wait = isSame ? waitFor(verdict, tries) : soon;
    shown = next;
    if (wait === undefined || wait >= end.remaining() || request.onlyTry !== undefined)
      throw failureOf(verdict, { uncertain, tries });
    await time.sleep(wait);
  }
}

interface Shown {
  readonly route: Route;
  readonly token: string | undefined;
}

/** Others than were shown, where that may help. */
async function nextCredentials(
  work: Work,
  { verdict, shown }: { readonly verdict: Verdict; readonly shown: Shown },
): Promise<Shown> {
  if (verdict.kind === 'unauthorized') return credentials(work, { refused: shown.route.access });
  return verdict.kind === 'untrusted' ? credentials(work, { distrusting: shown.route.access }) : shown;
}

async function credentials({ routes, end }: Work, why: Omit<Refused, 'patience'>): Promise<Shown> {
  const route = await routes.current({ ...why, patience: end.remaining() });
  return { route, token: route.access.token() };
}

async function attempt({ request, server, limits, end }: Work, { route, token }: Shown): Promise<Verdict> {
  const timeout = Math.ceil(Math.min(limits.attempt, end.remaining()));
  const outcome = await tryOnce({ transport: route.transport, request, token, timeout });
  return judge(outcome, { request, server });
}

/** Tries of what there is no right to: about a second. */
const maxForbidden = 5;

/** Milliseconds until the next try; undefined if there is no use in one. */
function waitFor(verdict: Exclude<Verdict, { kind: 'answer' }>, tries: number): number | undefined {
  if (verdict.kind === 'forbidden') return tries < maxForbidden ? backoff(tries, Math.random()) : undefined;
  if (verdict.kind !== 'again') return undefined;
  return Math.max(verdict.retryAfter ?? 0, backoff(tries, Math.random()));
}

function failureOf(
  { failure }: Exclude<Verdict, { kind: 'answer' }>,
  { uncertain, tries }: { readonly uncertain: boolean; readonly tries: number },
): Failure {
  const { kind, message, details, cause } = failure;
  const told = [tries > 1 ? `tried ${tries} times` : '', details ?? ''].filter((text) => text !== '').join('; ');
  const whole = new Failure(kind, message, { cause, ...(told !== '' && { details: told }) });
  return uncertain ? new UnknownOutcome(whole) : whole;
}
