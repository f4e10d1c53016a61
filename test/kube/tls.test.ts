import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../scripts/rehearsal/certificate.ts';
import { createConnection } from '../../src/kube/connection.ts';
import { connector } from '../../src/kube/connector.ts';
import type { ClusterAccess } from '../../src/kube/kubeconfig.ts';
import { tlsBinding } from '../../src/system/tls-binding.ts';
import { createAuthority, type Authority, type KeyPair } from '../cluster/certificates.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

it('the binding below node:tls is there: these tests try it', () => {
  expect(tlsBinding()).toBeDefined();
});

// A call of the plugin uses the binding; what lives longer, node:tls.
describe.each([
  { way: 'binding', sole: true },
  { way: 'node:tls', sole: false },
])('a TLS connection by $way', ({ sole }) => {
  it.each([
    { host: '127.0.0.1', names: 'IP:127.0.0.1' },
    { host: 'localhost', names: 'DNS:localhost' },
    { host: '127.0.0.1', names: 'DNS:api.example', servername: 'api.example' },
    { host: '127.0.0.1', names: 'DNS:*.cluster.example', servername: 'api.cluster.example' },
    { host: '127.0.0.1', names: 'DNS:api.example,IP:127.0.0.1' },
  ])('to $host with a certificate for $names (asked for: $servername) stands', async ({ host, names, servername }) => {
    const { authority, port, seen } = await serve({ names });
    expect(await ask({ host, port, ca: read(authority), servername }, sole)).toBe('200');
    expect(seen()).toContain('GET / HTTP/1.1');
  });

  it.each([
    { wrong: 'another address', names: 'IP:127.0.0.2' },
    { wrong: 'a name, where an address is asked for', names: 'DNS:127.0.0.1' },
    { wrong: 'another name', names: 'DNS:api.example', servername: 'other.example' },
    { wrong: 'a name that the wildcard is too short for', names: 'DNS:*.example.org', servername: 'a.b.example.org' },
    { wrong: 'a name with a byte of zero in it', names: 'DNS:api.example', servername: 'api.example\0.org' },
    { wrong: 'nobody', names: undefined },
  ])('with a certificate for $wrong does not stand, and nothing is sent', async ({ names, servername }) => {
    const { authority, port, seen } = await serve({ names });
    expect(await ask({ port, ca: read(authority), servername }, sole)).toMatch(
      /^(?:ERR_TLS_CERT_ALTNAME_INVALID|ERR_INVALID_ARG_VALUE|config)$/,
    );
    expect(seen()).toBe('');
  });

  it('to a name that is too long to be looked up does not stand, and says so at once', async () => {
    const { authority, port } = await serve({ names: 'IP:127.0.0.1' });
    const host = Array.from({ length: 6 }, () => 'a'.repeat(60)).join('.');
    expect(await ask({ host, port, ca: read(authority) }, sole)).toMatch(/^(?:EINVAL|the name a+\..* is not known)/u);
  });

  it('with a certificate of another authority does not stand, and nothing is sent', async () => {
    const { port, seen } = await serve({ names: 'IP:127.0.0.1' });
    const stranger = await makeAuthority();
    expect(await ask({ port, ca: read(stranger) }, sole)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(seen()).toBe('');
  });

  it('with a certificate that is its own authority does not stand', async () => {
    const stranger = await makeAuthority();
    const { authority, port, seen } = await serve({ pair: stranger });
    expect(await ask({ port, ca: read(authority) }, sole)).toMatch(/^(?:DEPTH_ZERO_SELF_SIGNED_CERT|INVALID_PURPOSE)$/);
    expect(seen()).toBe('');
  });

  it('with a certificate that has run out does not stand', async () => {
    const twoDays = 2 * 86_400_000;
    const pair = await written(selfSigned(new Date(Date.now() - twoDays)));
    const { port, seen } = await serve({ pair });
    expect(await ask({ port, ca: read(pair) }, sole)).toBe('CERT_HAS_EXPIRED');
    expect(seen()).toBe('');
  });

  it('with a certificate for clients only does not stand', async () => {
    const { authority, port, seen } = await serve({ names: 'IP:127.0.0.1', purpose: 'clientAuth' });
    expect(await ask({ port, ca: read(authority) }, sole)).toBe('INVALID_PURPOSE');
    expect(seen()).toBe('');
  });

  it('trusts each authority of a bundle', async () => {
    const { authority, port } = await serve({ names: 'IP:127.0.0.1' });
    const stranger = await makeAuthority();
    expect(await ask({ port, ca: `${read(stranger)}${read(authority)}` }, sole)).toBe('200');
  });

  it('is not made with TLS 1.1', async () => {
    const old: TlsOptions = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    const { authority, port } = await serve({ names: 'IP:127.0.0.1', options: old });
    expect(await ask({ port, ca: read(authority) }, sole)).toMatch(/^ERR_SSL_/);
  });

  it('is made with TLS 1.2', async () => {
    const { authority, port } = await serve({ names: 'IP:127.0.0.1', options: { maxVersion: 'TLSv1.2' } });
    expect(await ask({ port, ca: read(authority) }, sole)).toBe('200');
  });

  it('shows the certificate of the kubeconfig to a server that asks', async () => {
    const authority = await makeAuthority();
    const client = await authority.issue({ name: 'client', subject: '/CN=client' });
    const options = { requestCert: true, ca: read(authority) };
    const { port } = await serve({ authority, names: 'IP:127.0.0.1', options });
    const clientCertificate = { cert: read(client), key: readFileSync(client.key, 'utf8') };
    expect(await ask({ port, ca: read(authority), clientCertificate }, sole)).toBe('200');
    expect(await ask({ port, ca: read(authority) }, sole)).not.toBe('200');
  });

  it.each(['no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'cannot be had with an authority that is %j',
    async (ca) => {
      const { port } = await serve({ names: 'IP:127.0.0.1' });
      expect(await ask({ port, ca }, sole)).toMatch(/^(?:config|UNABLE_TO_)/);
    },
  );

  it('ends when the server hangs up within the handshake', async () => {
    const port = await listen(createServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await ask({ port, ca: read(await makeAuthority()) }, sole)).not.toBe('200');
  });

  it('ends when the server speaks no TLS', async () => {
    const port = await listen(
      createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n'))),
    );
    expect(await ask({ port, ca: read(await makeAuthority()) }, sole)).toMatch(/^ERR_SSL_/);
  });

  it('ends when nobody listens', async () => {
    const port = await listen(createServer(), true);
    expect(await ask({ port, ca: read(await makeAuthority()) }, sole)).not.toBe('200');
  });

  it('tells when the server hangs up within the answer', async () => {
    const { authority, port } = await serve({
      names: 'IP:127.0.0.1',
      answer: 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx',
    });
    expect(await ask({ port, ca: read(authority) }, sole)).toMatch(/^the connection ended within the answer/);
  });
});

interface Serving {
  readonly authority?: Authority;
  readonly names?: string | undefined;
  readonly purpose?: string;
  readonly pair?: KeyPair;
  readonly options?: TlsOptions;
  /** Default: a whole one. After another one, the connection is closed. */
  readonly answer?: string;
}

interface Served {
  readonly authority: Authority;
  readonly port: number;
  /** All that came, deciphered. */
  readonly seen: () => string;
}

const whole = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

async function serve(serving: Serving): Promise<Served> {
  const { names, purpose, options, answer = whole } = serving;
  const authority = serving.authority ?? (await makeAuthority());
  const extra = {
    ...(names !== undefined && { names }),

    ...(purpose !== undefined && { purpose }),
  };
  const pair = serving.pair ?? (await authority.issue({ name: 'server', subject: '/CN=127.0.0.1', ...extra }));
  let text = '';
  const server = createTlsServer({ key: readFileSync(pair.key), cert: read(pair), ...options }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (answer === whole) socket.write(answer);
      else socket.end(answer);
    });
  });
  return { authority, port: await listen(server), seen: () => text };
}

async function listen(server: Server, onlyToClose = false): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
  if (onlyToClose) await close();
  else resources.defer(close);
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function makeAuthority(): Promise<Authority> {
  const { path } = await resources.use(makeTempDir('tls'));
  return createAuthority(path);
}

async function written({ cert, key }: { readonly cert: string; readonly key: string }): Promise<KeyPair> {
  const { path } = await resources.use(makeTempDir('tls'));
  const pair = { certificate: join(path, 'server.crt'), key: join(path, 'server.key') };
  writeFileSync(pair.certificate, cert);
  writeFileSync(pair.key, key);
  return pair;
}

function read({ certificate }: KeyPair): string {
  return readFileSync(certificate, 'utf8');
}

interface Asked {
  readonly host?: string;
  readonly port: number;
  readonly ca: string;
  readonly servername?: string | undefined;
  readonly clientCertificate?: ClusterAccess['clientCertificate'];
}

/** @returns the status; without one the code of what went wrong, or its words */
async function ask(
  { host = '127.0.0.1', port, ca, servername, clientCertificate }: Asked,
  sole: boolean,
): Promise<string> {
  const server = { host, port, secure: true, base: '' };
  const access: ClusterAccess = { server, ca, servername, clientCertificate, token: () => undefined };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  try {
    const connection = createConnection(connector(access, sole));
    resources.defer(() => connection.end(new Error('the test is over')));
    connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n', (answered) =>
      answered.response === undefined ? reject(answered.error) : resolve(String(answered.response.status)),
    );
    return await promise;
  } catch (error) {
    return told(error);
  }
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('kind' in error) return String(error.kind);
  return 'code' in error ? String(error.code) : error.message;
}
