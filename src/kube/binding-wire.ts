import { connected, streamOn, type ByteStream } from '../system/byte-stream.ts';
import { messageOf } from '../system/failure.ts';
import type { SecureContext, TcpHandle, TlsBinding, TlsHandle } from '../system/tls-binding.ts';
import type { OpenWire, WireEvents } from './wire.ts';

/** Whom to connect to, and what it has to prove. */
export interface TlsPeer {
  /** A name that is looked up, or an address. */
  readonly host: string;
  readonly port: number;
  /** The name or address that its certificate must be for. */
  readonly name: string;
  /** Certificates in PEM, the only authorities that this process trusts from now on. */
  readonly authorities: string;
  /** PEM: what we show a server that asks. */
  readonly identity: { readonly cert: string; readonly key: string } | undefined;
}

/**
 * TLS 1.2 or 1.3 by OpenSSL, without the JavaScript of node:tls. The chain and the name are checked as node:tls does,
 * and before anything is sent; a certificate without names does not match by its subject (RFC 9110, section 4.3.4).
 * @throws Error of OpenSSL when the certificates cannot be used
 */
export function bindingWire(binding: TlsBinding, peer: TlsPeer): OpenWire {
  const context = contextFor(binding, peer);
  return (events) => openWire({ binding, peer, context, events });
}

const tls12 = 0x0303;
const tls13 = 0x0304;

function contextFor(binding: TlsBinding, { authorities, identity }: TlsPeer): SecureContext {
  const context = new binding.SecureContext();
  context.init(undefined, tls12, tls13);
  context.setCiphers('ECDHE+AESGCM:ECDHE+CHACHA20');
  context.setECDHCurve('auto');
  // An authority that is added to a context has Node parse its own 140 first (15 ms).
  binding.resetRootCertStore([authorities]);
  context.addRootCerts();
  if (identity !== undefined) {
    context.setCert(identity.cert);
    context.setKey(identity.key, undefined);
  }
  return context;
}

interface Opening {
  readonly binding: TlsBinding;
  readonly peer: TlsPeer;
  readonly context: SecureContext;
  readonly events: WireEvents;
}

function openWire({ binding, peer, context, events }: Opening): ReturnType<OpenWire> {
  let tcp: TcpHandle | undefined;
  let tls: TlsHandle | undefined;
  let stream: ByteStream | undefined;
  let [isOpen, isKept] = [true, true];
  const keepAlive = (wanted: boolean): void => {
    isKept = wanted;
    if (isKept) tcp?.ref();
    else tcp?.unref();
  };
  const destroy = (): void => {
    if (isOpen) tcp?.close(() => tls?.destroySSL());
    isOpen = false;
  };
  const fail = (error: unknown): void => {
    destroy();
    events.onEnd(error);
  };
  const take = (made: TcpHandle): boolean => {
    tcp = made;
    keepAlive(isKept);
    return isOpen;
  };
  connectFirst(binding, peer, take).then((made) => {
    if (!isOpen) return;
    tls = binding.wrap(made, context, false, false);
    // Only what the connection itself holds is safe from being collected as long as the connection lives.
    Object.assign(made, { tls });
    stream = startTls(tls, { peer, events, fail, destroy });
  }, fail);
  return { write: (text) => stream?.write(text), keepAlive, destroy };
}

/**
 * Tries what the name stands for in the order of the resolver.
 * @param take gets each connection that is tried; false if none is wanted any more
 */
async function connectFirst(
  binding: TlsBinding,
  { host, port }: TlsPeer,
  take: (tcp: TcpHandle) => boolean,
): Promise<TcpHandle> {
  const addresses = isAddress(host) ? [host] : await lookUp(binding, host);
  const failures: string[] = [];
  for (const address of addresses) {
    const tcp = new binding.TCP(binding.socketKind);
    try {
      if (!take(tcp)) throw new Error('nobody waits for it any more');
      await connectTcp(binding, tcp, { address, port });
      return tcp;
    } catch (error) {
      tcp.close();
      failures.push(`connect ${messageOf(error)} ${address}:${port}`);
    }
  }
  throw new Error(failures.join(', '));
}

async function connectTcp(
  { TCPConnectWrap }: TlsBinding,
  tcp: TcpHandle,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<void> {
  tcp.setNoDelay(true);
  await connected((oncomplete) => {
    const request = Object.assign(new TCPConnectWrap(), { oncomplete });
    return address.includes(':') ? tcp.connect6(request, address, port) : tcp.connect(request, address, port);
  });
}

async function lookUp({ GetAddrInfoReqWrap, getaddrinfo }: TlsBinding, host: string): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  const unknown = (): void => reject(new Error(`the name ${host} is not known to the resolver of this machine`));
  const request = new GetAddrInfoReqWrap();
  request.oncomplete = (status, addresses) =>
    status === 0 && addresses !== undefined ? resolve(addresses) : unknown();
  // A name that cannot be one is not looked up.
  if (getaddrinfo(request, host, 0, 0, 0) !== 0) unknown();
  return promise;
}

interface Handshake {
  readonly peer: TlsPeer;
  readonly events: WireEvents;
  readonly fail: (error: unknown) => void;
  readonly destroy: () => void;
}

function startTls(tls: TlsHandle, { peer, events, fail, destroy }: Handshake): ByteStream {
  let isTrusted = false;
  tls.setVerifyMode(true, true);
  tls.setALPNProtocols(Buffer.from('\u0008http/1.1', 'latin1'));
  if (!isAddress(peer.name)) tls.setServername(peer.name);
  Object.assign(tls, {
    onhandshakestart: () => {},
    onnewsession: () => {},
    onerror: fail,
    onhandshakedone: () => {
      const problem = whyDistrusted(tls, peer.name);
      isTrusted = problem === undefined;
      if (isTrusted) events.onReady();
      else fail(problem);
    },
  } satisfies Partial<TlsHandle>);
  const stream = streamOn(tls, destroy, {
    onData: (bytes) => (isTrusted ? events.onData(bytes) : undefined),
    onEnd: (reason) => {
      if (isTrusted) events.onFinish();
      fail(new Error(`the connection ended within the ${isTrusted ? 'answer' : 'TLS handshake'} (${reason})`));
    },
  });
  tls.start();
  return stream;
}

/** X509_CHECK_FLAG_NEVER_CHECK_SUBJECT and X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS of OpenSSL. */
const strictNames = 0x20 | 0x4;

/** An exception within a callback of the binding would end the process: whatever cannot be checked is not trusted. */
function whyDistrusted(tls: TlsHandle, name: string): unknown {
  try {
    const problem = tls.verifyError();
    if (problem !== null && problem !== undefined) return problem;
    const certificate = tls.getPeerX509Certificate();
    const match = isAddress(name) ? certificate?.checkIP(name, 0) : certificate?.checkHost(name, strictNames);
    if (typeof match === 'string') return undefined;
    return Object.assign(new Error(`it is not for ${name}`), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  } catch (error) {
    return error;
  }
}

/** As a URL has it. */
export function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}
