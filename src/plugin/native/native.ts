import type { Call } from '../../cni/dispatch.ts';
import type { CniRequest } from '../../cni/environment.ts';
import { byWayOfAgent } from '../../ipam/agent/open.ts';
import { createKubernetesStore } from '../../ipam/kubernetes/store.ts';
import { storeForOnePod } from '../../ipam/one-pod.ts';
import type { Store } from '../../ipam/store.ts';
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
  /** @throws Failure `config` when the Node file has no kubeconfig */
  readonly cluster: () => KubeClient;
}

/** The store and the verbs share one connection to the API server: a handshake costs more than all the requests. */
export function openNative(plain: Context, contextFor: (call: Call) => Context): Native {
  const { settings, files, deadline, call } = plain;
  const { store } = settings;
  const client =
    store.kind === 'file'
      ? undefined
      : lazyClient(() => readKubeconfig(files, store.kubeconfig), { deadline, sole: true });
  const shared = client === undefined ? {} : { store: storeForOnePod(storeOf(plain, client)) };
  return {
    context: { ...plain, ...shared },
    request: call.request,
    contextFor: (other) => ({ ...contextFor(other), ...shared }),
    sandboxes: fileSandboxes(files, settings.dataDir),
    cluster: () => {
      if (client !== undefined) return client;
      throw new Failure(
        'config',
        'the Node file names no kubeconfig: networkType "secondary" needs it, to read the annotations of Pods',
      );
    },
  };
}

function storeOf({ settings: { store }, log }: Context, client: KubeClient): Store {
  const direct = createKubernetesStore({ client });
  return store.kind === 'file' ? direct : byWayOfAgent(direct, { socket: store.agentSocket, log });
}
