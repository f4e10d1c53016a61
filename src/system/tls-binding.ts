import type { StreamHandle } from './byte-stream.ts';

/** What node:net and node:tls are made of. Status numbers are 0 or a negative errno. */
export interface TlsBinding {
  readonly TCP: new (kind: number) => TcpHandle;
  readonly TCPConnectWrap: new () => { oncomplete?: (status: number) => void };
  readonly socketKind: number;
  readonly SecureContext: new () => SecureContext;
  /** From now on, `addRootCerts` of every context of the process adds these, not Node's own. @throws Error of OpenSSL */
  readonly resetRootCertStore: (pems: readonly string[]) => void;
  readonly GetAddrInfoReqWrap: new () => {
    oncomplete?: (status: number, addresses: readonly string[] | undefined) => void;
  };
  /** Family 0 is any; hints are those of getaddrinfo(3); order 0 is the resolver's. */
  readonly getaddrinfo: (
    ...args: [request: object, host: string, family: number, hints: number, order: number]
  ) => number;
  /** TLS upon a connection that stands. */
  readonly wrap: (
    ...args: [tcp: TcpHandle, context: SecureContext, isServer: boolean, isWriting: boolean]
  ) => TlsHandle;
}

export interface TcpHandle {
  connect(request: object, address: string, port: number): number;
  connect6(request: object, address: string, port: number): number;
  setNoDelay(wanted: boolean): number;
  close(onClosed?: () => void): void;
  ref(): void;
  unref(): void;
}

/** Methods throw what OpenSSL says. */
export interface SecureContext {
  /** Versions as TLS writes them: 0x0303 is 1.2. */
  init(method: undefined, lowest: number, highest: number): void;
  /** Of TLS 1.2, in OpenSSL's way to write them. */
  setCiphers(ciphers: string): void;
  setECDHCurve(curves: string): void;
  addRootCerts(): void;
  setCert(pem: string | Buffer): void;
  setKey(pem: string | Buffer, passphrase: undefined): void;
}

export interface TlsHandle extends StreamHandle {
  onhandshakestart: () => void;
  onhandshakedone: () => void;
  onnewsession: () => void;
  onerror: (error: Error) => void;
  setVerifyMode(request: boolean, reject: boolean): void;
  /** Each name with its length in a byte before it. */
  setALPNProtocols(names: Buffer): void;
  setServername(name: string): void;
  start(): void;
  /** What is wrong with the chain of certificates; a client goes on with its handshake in any case. */
  verifyError(): Error | null | undefined;
  getPeerX509Certificate(): PeerCertificate | undefined;
  destroySSL(): void;
}

export interface PeerCertificate {
  /** @returns the name that matches. @see https://docs.openssl.org/3.0/man3/X509_check_host/ */
  checkHost(name: string, flags: number): string | undefined;
  checkIP(address: string, flags: number): string | undefined;
}

interface InternalBinding {
  (name: 'tcp_wrap'): Pick<TlsBinding, 'TCP' | 'TCPConnectWrap'> & { readonly constants: { readonly SOCKET: number } };
  (name: 'cares_wrap'): Pick<TlsBinding, 'GetAddrInfoReqWrap' | 'getaddrinfo'>;
  (name: 'tls_wrap'): Pick<TlsBinding, 'wrap'>;
  (name: 'crypto'): Pick<TlsBinding, 'SecureContext' | 'resetRootCertStore'>;
}

/**
 * Loading node:tls and running it for the first time costs a start 20 ms and more, OpenSSL itself 5
 * (docs/adr/0008-tls-binding.md).
 * @returns undefined unless this Node was started with `--expose-internals`, as the executable is
 */
export function tlsBinding(): TlsBinding | undefined {
  const internalBinding = loadInternalBinding();
  if (internalBinding === undefined) return undefined;
  const { TCP, TCPConnectWrap, constants } = internalBinding('tcp_wrap');
  const { GetAddrInfoReqWrap, getaddrinfo } = internalBinding('cares_wrap');
  const { SecureContext, resetRootCertStore } = internalBinding('crypto');
  const { wrap } = internalBinding('tls_wrap');
  const tcp = { TCP, TCPConnectWrap, socketKind: constants.SOCKET, GetAddrInfoReqWrap, getaddrinfo };
  return { ...tcp, SecureContext, resetRootCertStore, wrap };
}

function loadInternalBinding(): InternalBinding | undefined {
  // Loading it warns whoever uses it: an executable has the very Node that it was tested with.
  const emitWarning = Object.getOwnPropertyDescriptor(process, 'emitWarning') ?? {};
  Object.defineProperty(process, 'emitWarning', { ...emitWarning, value: () => {} });
  try {
    const internals = process.getBuiltinModule('internal/test/binding');
    return internals !== undefined && hasBinding(internals) ? internals.internalBinding : undefined;
  } finally {
    Object.defineProperty(process, 'emitWarning', emitWarning);
  }
}

function hasBinding(internals: object): internals is { readonly internalBinding: InternalBinding } {
  return 'internalBinding' in internals;
}
