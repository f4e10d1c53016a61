import { createSecureContext } from 'node:tls';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { isSameTLS } from '../../kube/route.ts';

/**
 * The access of a kubeconfig whose token, client certificate or authority's certificates somebody replaces while we run,
 * in the kubeconfig itself or in the files that it names: what the API server has refused, or was not believed by, is
 * read again. Credentials for another server are not shown to this one.
 * @param read all of it anew; throws Failure `config`
 */
export function rereadAccess(first: ClusterAccess, read: () => Promise<ClusterAccess>): ClusterAccess {
  let current = first;
  return {
    ...first,
    token: () => current.token(),
    renewed: async ({ refused, distrusting }) => {
      if (refused !== current && distrusting !== current) return current;
      const next = await read();
      // Somebody else may have done the same meanwhile.
      current = successor(current, next);
      return current;
    },
  };
}

/** What has been read anew, where it is something else, and can be used for the same server; else what was before. */
export function successor(current: ClusterAccess, next: ClusterAccess): ClusterAccess {
  return isForSame(current, next) && isOther(current, next) && isUsable(next) ? next : current;
}

function isForSame({ server: one }: ClusterAccess, { server: other }: ClusterAccess): boolean {
  return (['secure', 'host', 'port', 'base'] as const).every((key) => one[key] === other[key]);
}

function isOther(one: ClusterAccess, other: ClusterAccess): boolean {
  return !isSameTLS(one, other) || one.token() !== other.token();
}

/** Of two files, one may be new, and the other about to be. Authorities that cannot be read are believed by nobody, and read again. */
function isUsable({ clientCertificate }: ClusterAccess): boolean {
  try {
    createSecureContext(clientCertificate ?? {});
    return true;
  } catch {
    return false;
  }
}
