import type { ConnectionOptions } from 'node:tls';
import { Failure, messageOf } from '../system/failure.ts';
import { createConnection, type Connection } from './connection.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/**
 * The server has to prove its name in any case: NODE_TLS_REJECT_UNAUTHORIZED of whoever starts us does not count.
 * @param sole see ClientOptions
 * @throws Failure `config` when the certificates cannot be used; the same from what it returns
 * @see https://nodejs.org/api/tls.html#tlsconnectoptions-callback
 */
export function connector(access: ClusterAccess, sole: boolean): () => Connection {
  const { server, clientCertificate } = access;
  const net = process.getBuiltinModule('node:net');
  const where = { host: server.host, port: server.port, noDelay: true };
  if (!server.secure) return () => createConnection(net.connect(where), 'connect');
  const tls = process.getBuiltinModule('node:tls');
  const name = access.servername ?? server.host;
  const options: ConnectionOptions = {
    ...where,
    ...trust(tls, access, sole),
    ...clientCertificate,
    // An address is no name that a client may ask for (RFC 6066, section 3).
    ...(net.isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(name, certificate),
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
  };
  return () =>
    createConnection(
      startOf(() => tls.connect(options)),
      'secureConnect',
    );
}

/**
 * Node parses its own 140 root certificates before it adds one to a connection's (3 to 6 ms); not when it is told which
 * ones to trust in all of the process.
 */
function trust(tls: typeof import('node:tls'), { ca }: ClusterAccess, sole: boolean): { readonly ca?: string } {
  if (ca === undefined) return {};
  if (!sole) return { ca };
  startOf(() => tls.setDefaultCACertificates([ca]));
  return {};
}

/** What is wrong with certificates and keys shows here. */
function startOf<T>(begin: () => T): T {
  try {
    return begin();
  } catch (cause) {
    throw new Failure('config', `the kubeconfig's certificates cannot be used: ${messageOf(cause)}`, { cause });
  }
}
