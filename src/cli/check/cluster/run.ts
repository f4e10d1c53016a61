import { createKubernetesPools } from '../../../ipam/kubernetes/pools.ts';
import { createClient, type KubeClient } from '../../../kube/client.ts';
import { readKubeconfig, type ClusterAccess } from '../../../kube/kubeconfig.ts';
import { Failure } from '../../../system/failure.ts';
import type { Files } from '../../../system/files.ts';
import { deadlineIn } from '../../../system/time.ts';
import { fail, ok, type Finding } from '../../../system/finding.ts';
import type { Terminal } from '../../terminal.ts';
import { announced } from '../../waiting.ts';
import { judgePools } from '../pools.ts';
import { checkIdentity } from './identity.ts';
import { checkDefinitions, checkKinds } from './kinds.ts';
import { checkPolicies } from './policies.ts';
import { checkRights } from './rights.ts';
import { checkServer } from './server.ts';

export interface ClusterCheck {
  readonly files: Pick<Files, 'read'>;
  /** A path. */
  readonly kubeconfig: string;
  readonly nodeName: string;
  /** Who waits. */
  readonly terminal: Pick<Terminal, 'err'>;
}

const limits = { attempt: 5000, total: 5000 };

/** Whether the plugin of this Node gets on with the API server, with the very credentials that it has. */
export async function checkCluster({
  files,
  kubeconfig,
  nodeName,
  terminal,
}: ClusterCheck): Promise<readonly Finding[]> {
  let client: KubeClient;
  let access: ClusterAccess;
  try {
    access = readKubeconfig(files, kubeconfig);
    access.token();
    const plain = createClient({ access, deadline: deadlineIn(60_000), limits });
    client = announced(plain, { terminal, limit: limits.total });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = error.details ?? `put ${kubeconfig} right: docs/kubernetes.md, "Install"`;
    return [fail('kubeconfig', error.message, advice)];
  }
  try {
    return [ok('kubeconfig', kubeconfig), ...(await checkWith(client, { access, nodeName }))];
  } finally {
    client.close();
  }
}

async function checkWith(
  client: KubeClient,
  { access, nodeName }: { readonly access: ClusterAccess; readonly nodeName: string },
): Promise<readonly Finding[]> {
  const server = await checkServer(client);
  if (server.state === 'fail') return [server];
  const { finding, isLimited } = await checkIdentity(client, { nodeName, token: access.token(), now: new Date() });
  const kinds = await checkKinds(client);
  // Without them, nothing can be tried.
  const policies = kinds.state === 'fail' ? [] : await checkPolicies(client, { nodeName, isLimited });
  return [
    server,
    finding,
    kinds,
    ...policies,
    await checkRights(client),
    await checkDefinitions(client),
    ...(kinds.state === 'fail' ? [] : await checkPools(client)),
  ];
}

/** The plugin may not list them, and need not. */
async function checkPools(client: KubeClient): Promise<readonly Finding[]> {
  try {
    return judgePools(await createKubernetesPools(client).listPools());
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
