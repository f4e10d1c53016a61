import { clearInterval, setInterval } from 'node:timers';
import { accepted, type Api } from '../../cluster/api.ts';
import { makeNode } from '../../cluster/objects.ts';

/** What a kubelet does for its Node, as far as clean-up sees it: it renews the Lease. */
export interface Kubelet {
  readonly node: string;
  /** It does not reach the API server any more. */
  readonly cut: () => Promise<void>;
  readonly connect: () => void;
  /** Ends; the Node and its Lease are gone. */
  readonly remove: () => Promise<void>;
}

const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** A Node whose Lease lasts a second, and is renewed five times in it. */
export async function startKubelet(admin: Api, node: string): Promise<Kubelet> {
  await makeNode(admin, node);
  const spec = (): object => ({
    holderIdentity: node,
    leaseDurationSeconds: 1,
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  });
  accepted(await admin.post(leases, { metadata: { name: node }, spec: spec() }));
  let timer: NodeJS.Timeout | undefined;
  let renewing: Promise<unknown> = Promise.resolve();
  const renew = (): void => {
    renewing = admin.patch(`${leases}/${node}`, { spec: spec() }).catch(() => undefined);
  };
  const cut = async (): Promise<void> => {
    clearInterval(timer);
    await renewing;
  };
  const connect = (): void => {
    clearInterval(timer);
    timer = setInterval(renew, 200);
  };
  connect();
  return {
    node,
    cut,
    connect,
    async remove() {
      await cut();
      await admin.remove(`/api/v1/nodes/${node}`);
      await admin.remove(`${leases}/${node}`);
    },
  };
}
