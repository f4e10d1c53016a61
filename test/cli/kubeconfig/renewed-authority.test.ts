import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readUserKubeconfig } from '../../../src/cli/kubeconfig/read.ts';
import { createClient } from '../../../src/kube/client.ts';
import { watchConnections } from '../../../src/kube/watch/connection.ts';
import { files } from '../../../src/system/files.ts';
import { deadlineIn } from '../../../src/system/time.ts';
import { createAuthority, type KeyPair } from '../../cluster/certificates.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { listenOnFreePort } from '../../fixture/loopback.ts';

const resources = createResources();
afterEach(resources.release);

const users = [
  ['a token', { token: 'secret' }],
  ['a program that fetches one', { exec: { command: 'fetch', apiVersion: 'client.authentication.k8s.io/v1' } }],
] as const;

describe.each(users)('an API server that has a certificate of a new authority, asked with %s', (_, user) => {
  it('is asked again once the file has that, and not told anything before', async () => {
    const { client, seen, rotate } = await setUp(user);
    await client.send({ method: 'GET', path: '/first' });
    const { replaceFile } = await rotate();
    await expect(client.send({ method: 'GET', path: '/unknown' })).rejects.toThrow('is not the expected one');
    replaceFile();
    expect(await client.send({ method: 'GET', path: '/second' })).toMatchObject({ status: 200 });
    expect(seen.map((url) => url.split('?')[0])).toStrictEqual(['/first', '/second']);
  });

  it('is watched again', async () => {
    const { watch, seen, rotate } = await setUp(user);
    const { replaceFile } = await rotate();
    replaceFile();
    expect((await watch('/one')).error).toBeDefined();
    expect(await watch('/two')).toStrictEqual({});
    expect(seen.map((url) => url.split('?')[0])).toStrictEqual(['/two']);
  });
});

async function setUp(user: object) {
  const dir = await resources.use(makeTempDir('authority'));
  const at = (name: string): string => join(dir.path, name);
  const issued = async (name: string) => {
    mkdirSync(at(name));
    const authority = await createAuthority(at(name));
    return { authority, pair: await authority.issue({ name, subject: `/CN=${name}`, names: 'IP:127.0.0.1' }) };
  };
  const [before, after] = [await issued('before'), await issued('after')];
  copyFileSync(before.authority.certificate, at('ca.crt'));
  const { server, port, seen } = await serve(before.pair);
  writeFileSync(at('kubeconfig'), JSON.stringify(kubeconfigTo(port, user)));
  const { access } = await readUserKubeconfig({
    files,
    paths: [at('kubeconfig')],
    context: undefined,
    run: async () => ({ code: 0, stdout: JSON.stringify({ status: { token: 'secret' } }) }),
  });
  const client = createClient({ access, deadline: deadlineIn(60_000) });
  resources.defer(() => client.close());
  const open = watchConnections(access, 'test');
  const common = { accept: 'application/json', resourceVersion: '1', onOpen: () => {}, onEvent: () => {} };
  return {
    client,
    seen,
    watch: async (path: string) => open({ ...common, path, signal: new AbortController().signal }),
    rotate: async () => {
      server.setSecureContext(secretsOf(after.pair));
      server.closeAllConnections();
      return { replaceFile: () => copyFileSync(after.authority.certificate, at('ca.crt')) };
    },
  };
}

async function serve(pair: KeyPair) {
  const seen: string[] = [];
  const server = createServer(secretsOf(pair), ({ url = '', headers }, response) => {
    seen.push(url);
    response.writeHead(headers.authorization === 'Bearer secret' ? 200 : 401).end('{}');
  });
  const port = await listenOnFreePort(server);
  resources.defer(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { server, seen, port };
}

function secretsOf({ certificate, key }: KeyPair): { readonly cert: string; readonly key: string } {
  return { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
}

function kubeconfigTo(port: number, user: object): object {
  return {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': 'ca.crt' } }],
    users: [{ name: 'u', user }],
  };
}
