import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

const namespace = 'antrea-cni';
const name = 'controller';
const leasesPath = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

/** The Lease that says which of several controllers works. */
export interface LeaseState {
  /** Empty: nobody. */
  readonly holder: string;
  /** Milliseconds after its last renewal in which nobody else may take it. */
  readonly duration: number;
  readonly transitions: number;
  /** Tells one renewal from the next. */
  readonly resourceVersion: string;
}

/** @throws Failure; undefined: there is none */
export async function readLease(client: KubeClient): Promise<LeaseState | undefined> {
  const { status, body } = await client.send({ method: 'GET', path: `${leasesPath}/${name}`, expect: [404] });
  return status === 404 ? undefined : toState(body);
}

export interface LeaseWish {
  /** Empty: gives it back. */
  readonly holder: string;
  /** Milliseconds. */
  readonly duration: number;
  /** What it was; undefined: it is to be created. */
  readonly from: LeaseState | undefined;
}

/** Returns what it is now; undefined if somebody else was faster. */
export async function writeLease(client: KubeClient, wish: LeaseWish): Promise<LeaseState | undefined> {
  const { from, holder, duration } = wish;
  const now = new Date().toISOString().replace('Z', '000Z');
  const transitions = (from?.transitions ?? 0) + (from?.holder === holder || holder === '' ? 0 : 1);
  const metadata = { name, namespace, ...(from !== undefined && { resourceVersion: from.resourceVersion }) };
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: {
      holderIdentity: holder,
      // The API knows whole seconds, at least one.
      leaseDurationSeconds: Math.max(1, Math.round(duration / 1000)),
      leaseTransitions: transitions,
      renewTime: now,
    },
  };
  const request =
    from === undefined
      ? ({ method: 'POST', path: leasesPath } as const)
      : ({ method: 'PUT', path: `${leasesPath}/${name}` } as const);
  const answer = await client.send({ ...request, body, expect: [404, 409] });
  if (answer.status === 404 && from === undefined) throw noNamespace();
  return answer.status >= 300 ? undefined : toState(answer.body);
}

function noNamespace(): Failure {
  return new Failure(
    'not-found',
    `the namespace ${namespace} does not exist, where the Lease ${name} would be: apply deploy/rbac.yaml`,
  );
}

function toState(object: JsonObject): LeaseState {
  const spec = isJsonObject(object['spec']) ? object['spec'] : {};
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const { holderIdentity, leaseDurationSeconds, leaseTransitions } = spec;
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    duration: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds * 1000 : 0,
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : 0,
    resourceVersion: String(metadata['resourceVersion']),
  };
}
