import { describe, expect, it } from 'vitest';
import { readKubeconfig, type ClusterAccess } from '../../src/kube/kubeconfig.ts';

const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const encoded = Buffer.from(pem).toString('base64');

describe('a kubeconfig', () => {
  it('names the server, the authority and a token of its current context', () => {
    const access = read(config({}, { token: 'abc' }));
    expect(access.server).toStrictEqual({ secure: true, host: '10.0.0.1', port: 6443, base: '' });
    expect({ ca: access.ca, token: access.token() }).toStrictEqual({ ca: pem, token: 'abc' });
  });

  it.each([
    ['https://api.example', { secure: true, host: 'api.example', port: 443, base: '' }],
    ['https://[fd00::1]:6443/', { secure: true, host: 'fd00::1', port: 6443, base: '' }],
    [
      'https://rancher.example/k8s/clusters/c-1',
      { secure: true, host: 'rancher.example', port: 443, base: '/k8s/clusters/c-1' },
    ],
    ['http://127.0.0.1:8001', { secure: false, host: '127.0.0.1', port: 8001, base: '' }],
  ])('may have the server %s', (server, expected) => {
    expect(read(config({ server }, { token: 'a' })).server).toStrictEqual(expected);
  });

  it('names files from its own folder, and reads the token file each time', () => {
    const files = new Map([
      ['/etc/x/pki/ca.crt', pem],
      ['/run/token', 'one\n'],
    ]);
    const cluster = { 'certificate-authority-data': '', 'certificate-authority': 'pki/ca.crt' };
    const access = read(config(cluster, { tokenFile: '/run/token', token: 'stale' }), files);
    expect([access.ca, access.token()]).toStrictEqual([pem, 'one']);
    files.set('/run/token', 'two');
    expect(access.token()).toBe('two');
  });

  it('may have a client certificate, as data or as files', () => {
    const files = new Map([['/etc/x/client.key', pem]]);
    const access = read(config({}, { 'client-certificate-data': encoded, 'client-key': 'client.key' }), files);
    expect(access.clientCertificate).toStrictEqual({ cert: pem, key: pem });
    expect(access.token()).toBeUndefined();
  });

  it.each<[string, string, RegExp]>([
    ['YAML', 'apiVersion: v1\nkind: Config\n', /kubeconfig \/etc\/x\/kubeconfig is not JSON.*expected the JSON form/],
    ['nothing', '', /is empty/],
    ['no current context', JSON.stringify({ contexts: [] }), /contexts\[\].context is missing/],
    [
      'a cluster that is not there',
      JSON.stringify({ ...skeleton(), clusters: [] }),
      /clusters\[c\].cluster is missing/,
    ],
    ['no server', config({ server: '' }, {}), /server is ""/],
    ['a server that is no URL', config({ server: 'tcp://x' }, {}), /server is "tcp:\/\/x": expected a URL/],
    ['a token over http', config({ server: 'http://10.0.0.1' }, { token: 'a' }), /expected https/],
    ['TLS that is not checked', config({ 'insecure-skip-tls-verify': true }, {}), /insecure-skip-tls-verify is not/],
    ['a proxy', config({ 'proxy-url': 'http://p' }, {}), /proxy-url is not supported/],
    ['a program to run', config({}, { exec: { command: 'evil' } }), /exec is not supported/],
    ['somebody to pretend to be', config({}, { token: 'a', as: 'admin' }), /\.as is not supported/],
    ['half a certificate', config({}, { 'client-certificate-data': encoded }), /only one of/],
    ['a certificate that is none', config({ 'certificate-authority-data': 'eHh4' }, {}), /authority-data holds no PEM/],
    [
      'a file that is not there',
      config({}, { 'client-certificate': 'a', 'client-key': 'b' }),
      /client-certificate: .*\/etc\/x\/a/,
    ],
    ['a token of the wrong kind', config({}, { token: 5 }), /token is not a string/],
  ])('with %s is refused, in words that tell what to do', (_name, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it.each(['two words', 'x\r\nx-evil: y', ''])('never sends the token %j', (token) => {
    const access = read(config({}, { tokenFile: '/run/token' }), new Map([['/run/token', token]]));
    expect(() => access.token()).toThrow('holds no token');
  });

  it('tells how to convert YAML', () => {
    const path = '/etc/x/kubeconfig';
    expect(() => read('a: b')).toThrow(
      expect.objectContaining({
        details: `convert it with: kubectl config view --kubeconfig ${path} --raw --flatten -o json`,
      }),
    );
  });
});

function read(text: string, others: ReadonlyMap<string, string> = new Map()): ClusterAccess {
  const readFile = (path: string): Buffer => {
    const content = path === '/etc/x/kubeconfig' ? text : others.get(path);
    if (content === undefined) throw new Error(`no such file: ${path}`);
    return Buffer.from(content);
  };
  return readKubeconfig({ read: readFile }, '/etc/x/kubeconfig');
}

function skeleton(): object {
  return { 'current-context': 'n', contexts: [{ name: 'n', context: { cluster: 'c', user: 'u' } }] };
}

function config(cluster: object, user: object): string {
  const server = { server: 'https://10.0.0.1:6443', 'certificate-authority-data': encoded };
  return JSON.stringify({
    ...skeleton(),
    clusters: [{ name: 'c', cluster: { ...server, ...cluster } }],
    users: [{ name: 'u', user }],
  });
}
