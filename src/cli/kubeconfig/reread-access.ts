import { createSecureContext } from 'node:tls';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';

/**
 * The access of a kubeconfig whose token or client certificate somebody replaces while we run, in the kubeconfig itself
 * or in the files that it names: what the API server has refused is read again. Credentials for another server are not shown to this one.
 * @param read all of it anew; throws Failure `config`
 */
export function rereadAccess(first: ClusterAccess, read: () => Promise<ClusterAccess>): ClusterAccess {
  let current = first;
  return {
    ...first,
    token: () => current.token(),
    renewed: async ({ refused }) => {
      if (refused !== current) return current;
      const next = await read();
      // Somebody else may have done the same meanwhile.
      if (isForSame(current, next) && isOther(current, next) && isUsable(next)) current = next;
      return current;
    },
  };
}

function isForSame({ server: one }: ClusterAccess, { server: other }: ClusterAccess): boolean {
  return (['secure', 'host', 'port', 'base'] as const).every((key) => one[key] === other[key]);
}

function isOther(one: ClusterAccess, other: ClusterAccess): boolean {
  const [a, b] = [one.clientCertificate, other.clientCertificate];
  return a?.cert !== b?.cert || a?.key !== b?.key || one.token() !== other.token();
}

/** Of two files, one may be new, and the other about to be. */
function isUsable({ clientCertificate }: ClusterAccess): boolean {
  try {
    createSecureContext(clientCertificate ?? {});
    return true;
  } catch {
    return false;
  }
}
