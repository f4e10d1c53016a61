import { NoAnswer, type Exchange } from '../agent-protocol/exchange.ts';
import { readError } from '../agent-protocol/protocol.ts';
import { Failure } from '../system/failure.ts';
import type { JsonObject } from '../system/json-object.ts';
import type { Deadline } from '../system/time.ts';
import { judge, type Verdict } from './answer.ts';
import type { KubeAnswer, KubeClient, KubeRequest } from './client.ts';
import type { Outcome } from './transport.ts';
import { UnknownOutcome } from './unknown-outcome.ts';

export interface ByAgentOptions {
  readonly exchange: Exchange;
  /** Path of the kubeconfig of `direct`: the agent uses the same, or does not do it. */
  readonly kubeconfig: string;
  /** The same API server, asked without the agent. Nothing of it is used until it is needed. */
  readonly direct: KubeClient;
  /** Of the call that the requests are for. */
  readonly deadline: Deadline;
  /** Told why the API server is asked itself. */
  readonly onNoAnswer: (reason: string) => void;
}

/**
 * Requests to the API server by way of the Node's agent, whose connections to it stand: no TLS, and no handshake. It is
 * asked once; what it cannot do, or what is worth another try, the API server is asked itself. What may have been done
 * by then is told as of a request that was tried twice.
 */
export function clientByAgent(options: ByAgentOptions): KubeClient {
  const { direct } = options;
  const state: State = { isGone: false };
  return {
    send: async (request) => {
      if (state.isGone) return direct.send(request);
      const verdict = await ask(options, state, request);
      if (verdict.kind === 'answer') return { status: verdict.status, body: verdict.body, uncertain: false };
      if (verdict.kind === 'final') throw verdict.failure;
      return sendItself(direct, request, verdict.mayBeDone && request.method !== 'GET');
    },
    get server() {
      return direct.server;
    },
    close: () => direct.close(),
  };
}

interface State {
  /** Whether the agent is not asked any more in this call. */
  isGone: boolean;
}

/** Milliseconds: a little more than the agent waits for the API server. */
const patience = 6000;

async function ask(
  { exchange, kubeconfig, direct, deadline, onNoAnswer }: ByAgentOptions,
  state: State,
  request: KubeRequest,
): Promise<Verdict | { readonly kind: 'none'; readonly mayBeDone: boolean }> {
  const { method, path, query, body, accept } = request;
  const question = { op: 'request', kubeconfig, method, path, query, body, accept } as const;
  const timeout = Math.min(patience, request.onlyTry ?? patience, deadline.remaining());
  try {
    const outcome = readOutcome(await exchange.ask(question, timeout));
    // The server's name is for messages alone, and in the kubeconfig.
    return judge(outcome, {
      request,
      get server() {
        return direct.server;
      },
    });
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    state.isGone = true;
    onNoAnswer(error.message);
    return { kind: 'none', mayBeDone: error.mayBeDone };
  }
}

/** @throws NoAnswer */
function readOutcome(answer: JsonObject): Outcome {
  const error = readError(answer);
  if (error !== undefined) throw new NoAnswer(error.failure.message, { mayBeDone: error.leftover });
  const { status, text, retryAfter } = answer;
  if (typeof status !== 'number' || typeof text !== 'string')
    throw new NoAnswer('it gives no status and no text', { mayBeDone: true });
  return { status, text, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined };
}

/** @param uncertain whether the agent may have done it, or may do it yet */
async function sendItself(direct: KubeClient, request: KubeRequest, uncertain: boolean): Promise<KubeAnswer> {
  if (!uncertain) return direct.send(request);
  try {
    return { ...(await direct.send(request)), uncertain };
  } catch (error) {
    throw error instanceof Failure && !(error instanceof UnknownOutcome) ? new UnknownOutcome(error) : error;
  }
}
