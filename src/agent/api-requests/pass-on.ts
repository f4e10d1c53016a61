import { createClient } from '../../kube/client.ts';
import { tryOnce } from '../../kube/one-try.ts';
import { createTransport, type Transport } from '../../kube/transport.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import type { PluginAccess } from './access.ts';
import type { Calls } from './calls.ts';
import { eventQueue, type EventQueue } from './event-queue.ts';
import type { PassedEvent, PassedRequest } from './read.ts';
import { sharingReads, type SharedReads } from './shared-reads.ts';

/** Does for the plugin, with the plugin's own credentials, what it would have to make a connection for. */
export interface PassOn {
  /**
   * Tries it once. Equal reads at the same time are one, begun after the last of them was asked for.
   * @param remaining milliseconds for which the plugin waits
   * @returns what is answered to the plugin @throws Failure
   */
  readonly request: (passed: PassedRequest, remaining: number) => Promise<object>;
  /** Takes it, to be written soon. @throws Failure when it cannot be */
  readonly event: (passed: PassedEvent) => object;
  /** Keeps one connection from being closed by the API server. Never rejects. */
  readonly keepWarm: () => Promise<void>;
  /** Events that were taken are written before. */
  readonly stop: () => Promise<void>;
}

export interface PassOnOptions {
  /** @throws Failure */
  readonly access: () => PluginAccess;
  readonly nodeName: string;
  /** Events wait for their end. */
  readonly calls: Pick<Calls, 'quietSince'>;
  readonly log: Log;
}

export function createPassOn({ access, ...options }: PassOnOptions): PassOn {
  let current: Connections | undefined;
  const connections = (): Connections => {
    const found = access();
    if (current?.of === found) return current;
    current?.close();
    current = connect(found, options);
    return current;
  };
  const checked = ({ kubeconfig }: { readonly kubeconfig: string }): Connections => {
    const found = connections();
    if (found.of.kubeconfig === kubeconfig) return found;
    throw new Failure(
      'refused',
      `the kubeconfig of the plugin is ${kubeconfig}, and the Node file that this agent knows names ${found.of.kubeconfig}`,
    );
  };
  return {
    request: async (passed, remaining) => sendOrShare(checked(passed), passed, remaining),
    event: (passed) => {
      checked(passed).events.add(passed);
      return {};
    },
    keepWarm: async () => {
      try {
        const { lanes } = connections();
        await within(lanes, async ({ transport }) => transport.exchange(hello));
      } catch {
        // The next request of a plugin will tell.
      }
    },
    stop: async () => {
      await current?.events.end();
      current?.close();
    },
  };
}

const hello = { method: 'GET', target: '/version', headers: {}, body: undefined, timeout: 5000 };

interface Connections {
  readonly of: PluginAccess;
  readonly lanes: readonly Lane[];
  readonly reads: SharedReads<object>;
  readonly events: EventQueue;
  readonly close: () => void;
}

interface Lane {
  readonly transport: Transport;
  /** Requests that are under way. */
  load: number;
}

/** As many as of the agent's own: more would only wait in the API server, which gives each client its share. */
const laneCount = 8;

function connect(of: PluginAccess, options: Omit<PassOnOptions, 'access'>): Connections {
  const lanes = Array.from({ length: laneCount }, () => ({ transport: createTransport(of.access, false), load: 0 }));
  const client = createClient({ access: of.access, deadline: { remaining: () => Number.MAX_SAFE_INTEGER } });
  const events = eventQueue({ ...options, client });
  const close = (): void => {
    for (const { transport } of lanes) transport.close();
    client.close();
  };
  return { of, lanes, reads: sharingReads(), events, close };
}

async function sendOrShare(connections: Connections, passed: PassedRequest, remaining: number): Promise<object> {
  const { method, path, query, accept } = passed.request;
  if (method !== 'GET') return send(connections, passed, remaining);
  const key = JSON.stringify([path, query, accept]);
  return connections.reads({ key, remaining, begin: async (longer) => send(connections, passed, longer) });
}

/** Milliseconds for the API server; bytes of what it may say. */
const [patience, longest] = [5000, 2 * 1024 * 1024];

async function send({ of, lanes }: Connections, { request }: PassedRequest, remaining: number): Promise<object> {
  const timeout = Math.ceil(Math.min(patience, remaining));
  const token = of.access.token();
  const outcome = await within(lanes, async ({ transport }) => tryOnce({ transport, request, token, timeout }));
  if (outcome.status === undefined) {
    const failure = new Failure('unavailable', `the API server did not answer the agent: ${messageOf(outcome.error)}`);
    return { error: { kind: failure.kind, message: failure.message, leftover: outcome.sent } };
  }
  const { status, text, retryAfter } = outcome;
  if (text.length <= longest) return { status, text, retryAfter };
  throw new Failure('unavailable', `the API server's answer is longer than ${longest} characters`);
}

async function within<T>(lanes: readonly Lane[], work: (lane: Lane) => Promise<T>): Promise<T> {
  const [first, ...others] = lanes;
  if (first === undefined) throw new TypeError('there is no connection');
  const lane = others.reduce((best, one) => (one.load < best.load ? one : best), first);
  lane.load += 1;
  try {
    return await work(lane);
  } finally {
    lane.load -= 1;
  }
}
