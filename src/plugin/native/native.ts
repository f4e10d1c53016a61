import type { Call } from '../../cni/dispatch.ts';
import type { CniRequest } from '../../cni/environment.ts';
import type { Exchange } from '../../agent-protocol/exchange.ts';
import { sayingNoAnswer } from '../../agent-protocol/no-answer.ts';
import { createAgentStore } from '../../ipam/by-agent/store.ts';
import { createKubernetesStore } from '../../ipam/kubernetes/store.ts';
import { storeForOnePod } from '../../ipam/one-pod.ts';
import type { Store } from '../../ipam/store.ts';
import { clientByAgent } from '../../kube/by-agent.ts';
import { lazyClient, type KubeClient } from '../../kube/client.ts';
import { readKubeconfig } from '../../kube/kubeconfig.ts';
import { Failure } from '../../system/failure.ts';
import { fileSandboxes, type Sandboxes } from '../../system/sandboxes.ts';
import type { Context } from '../context.ts';

/** What the verbs act through where the plugin attaches all networks of a Pod itself. */
export interface Native {
  /** Of the call for the Pod's first interface. */
  readonly context: Context;
  /** The sandbox that is worked on: that of the call, but for GC. */
  readonly request: CniRequest;
  /** The same for a call of one network. */
  readonly contextFor: (call: Call) => Context;
  readonly sandboxes: Sandboxes;
  /** The API server, by way of the agent where there is one. @throws Failure `config` when the Node file has no kubeconfig */
  readonly cluster: () => KubeClient;
  /** undefined: this Node has no agent. */
  readonly agent: Agent | undefined;
}

export interface Agent {
  readonly exchange: Exchange;
  /** Path of ours; see src/agent-protocol/protocol.ts. */
  readonly kubeconfig: string;
}

/** The store and the verbs share one connection to the agent, and one to the API server: a handshake costs more than all the requests. */
export function openNative(plain: Context, contextFor: (call: Call) => Context): Native {
  const { settings, files, call } = plain;
  const reached = reach(plain);
  const shared = reached === undefined ? {} : { store: storeForOnePod(reached.store) };
  return {
    context: { ...plain, ...shared },
    request: call.request,
    contextFor: (other) => ({ ...contextFor(other), ...shared }),
    sandboxes: fileSandboxes(files, settings.dataDir),
    cluster: () => {
      if (reached !== undefined) return reached.client;
      throw new Failure(
        'config',
        'the Node file names no kubeconfig: networkType "secondary" needs it, to read the annotations of Pods',
      );
    },
    agent: reached?.agent,
  };
}

interface Reached {
  readonly client: KubeClient;
  readonly store: Store;
  readonly agent: Agent | undefined;
}

/** Nothing is read or connected before the first request. */
function reach({ settings, files, deadline, log, agent: exchange }: Context): Reached | undefined {
  if (settings.store.kind === 'file') return undefined;
  const { kubeconfig } = settings.store;
  const itself = lazyClient(() => readKubeconfig(files, kubeconfig), { deadline, sole: true });
  if (exchange === undefined)
    return { client: itself, store: createKubernetesStore({ client: itself }), agent: undefined };
  const onNoAnswer = sayingNoAnswer(log, exchange);
  const client = clientByAgent({ exchange, kubeconfig, direct: itself, deadline, onNoAnswer });
  const store = createAgentStore({ direct: createKubernetesStore({ client }), exchange, onNoAnswer });
  return { client, store, agent: { exchange, kubeconfig } };
}
