import type { TcpNetConnectOpts } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Failure, messageOf } from '../system/failure.ts';
import { tlsBinding } from '../system/tls-binding.ts';
import { bindingWire, isAddress } from './binding-wire.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { socketWire, type OpenWire } from './wire.ts';

/**
 * The server has to prove its name in any case: NODE_TLS_REJECT_UNAUTHORIZED of whoever starts us does not count.
 * @param sole see ClientOptions
 * @throws Failure `config` when the certificates cannot be used; the same from what it returns
 */
export function connector(access: ClusterAccess, sole: boolean): OpenWire {
  const { server } = access;
  const where = { host: server.host, port: server.port, noDelay: true };
  if (server.secure) return (sole ? quick(access) : undefined) ?? usual(access, where);
  const net = process.getBuiltinModule('node:net');
  return (events) => socketWire(net.connect(where), 'connect', events);
}

/** For a process that lives for one call; undefined where it cannot be used. */
function quick(access: ClusterAccess): OpenWire | undefined {
  const { server, ca, clientCertificate: identity } = access;
  const binding = ca === undefined ? undefined : tlsBinding();
  if (ca === undefined || binding === undefined) return undefined;
  const { host, port } = server;
  const peer = { host, port, name: access.servername ?? host, authorities: ca, identity };
  return startOf(() => bindingWire(binding, peer));
}

/** @see https://nodejs.org/api/tls.html#tlsconnectoptions-callback */
function usual(access: ClusterAccess, where: TcpNetConnectOpts): OpenWire {
  const { server, ca, clientCertificate } = access;
  const tls = process.getBuiltinModule('node:tls');
  const name = access.servername ?? server.host;
  const options: ConnectionOptions = {
    ...where,
    ...(ca !== undefined && { ca }),
    ...clientCertificate,
    // An address is no name that a client may ask for (RFC 6066, section 3).
    ...(!isAddress(name) && { servername: name }),
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(name, certificate),
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
  };
  return (events) =>
    socketWire(
      startOf(() => tls.connect(options)),
      'secureConnect',
      events,
    );
}

/** What is wrong with certificates and keys shows here. */
function startOf<T>(begin: () => T): T {
  try {
    return begin();
  } catch (cause) {
    throw new Failure('config', `the kubeconfig's certificates cannot be used: ${messageOf(cause)}`, { cause });
  }
}
