import { describe, expect, it } from 'vitest';
import type { Program } from '../../../src/cli/kubeconfig/exec-credential.ts';
import {
  readUserKubeconfig,
  runProgram,
  type KubeconfigRequest,
  type UserKubeconfig,
} from '../../../src/cli/kubeconfig/read.ts';
import { Failure } from '../../../src/system/failure.ts';

const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

/** As kubectl and the tools of clusters write it. */
const yaml = (user: string): string => `
apiVersion: v1
kind: Config
preferences: {}
current-context: admin@kind
contexts:
- name: admin@kind
  context:
    cluster: kind
    user: admin
    namespace: team
clusters:
- name: kind
  cluster:
    server: https://127.0.0.1:6443   # forwarded
    certificate-authority-data: ${Buffer.from(pem).toString('base64')}
users:
- name: admin
  user:
${user.replaceAll(/^/gmu, '    ')}
`;

const plugin = `exec:
  apiVersion: client.authentication.k8s.io/v1
  command: login
  args: [get-token]
  env:
  - name: PROFILE
    value: lab
  provideClusterInfo: true
  installHint: get it from your administrator`;

describe("a person's kubeconfig", () => {
  it('is YAML with everything in it', async () => {
    const { access, context, namespace } = await read({ '/k': yaml('token: abc') });
    expect({ context, namespace }).toStrictEqual({ context: 'admin@kind', namespace: 'team' });
    expect({ ca: access.ca, token: access.token(), host: access.server.host }).toStrictEqual({
      ca: pem,
      token: 'abc',
      host: '127.0.0.1',
    });
  });

  it('may be several files, of which some may be missing', async () => {
    const { context } = await read({ '/k': yaml('token: abc') }, { paths: ['/missing', '/k'] });
    expect(context).toBe('admin@kind');
    await expect(read({}, { paths: ['/missing'] })).rejects.toThrow('the kubeconfig /missing cannot be read: ');
  });

  it('may have a program that fetches a token, which is told of the cluster', async () => {
    let seen: Program | undefined;
    const { access } = await read(
      { '/k': yaml(plugin) },
      {
        run: (program) => {
          seen = program;
          return { code: 0, stdout: JSON.stringify({ kind: 'ExecCredential', status: { token: 'fresh' } }) };
        },
      },
    );
    expect(access.token()).toBe('fresh');
    expect(seen).toMatchObject({ command: 'login', args: ['get-token'], env: { PROFILE: 'lab' } });
    expect(JSON.parse(seen?.env['KUBERNETES_EXEC_INFO'] ?? '')).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { cluster: { server: 'https://127.0.0.1:6443' } },
    });
  });

  it('runs it again when its token has expired, and as often as that fails', async () => {
    let time = Date.parse('2026-01-01T00:00:00Z');
    let works = true;
    const { run, count } = fetching(() => (works ? { expirationTimestamp: new Date(time + 3_600_000) } : undefined));
    const { access } = await read({ '/k': yaml(plugin) }, { run, now: () => time });
    time += 3_599_999;
    expect([access.token(), access.token(), count()]).toStrictEqual(['token-1', 'token-1', 1]);
    works = false;
    time += 1;
    expect(() => access.token()).toThrow('the program login ended with exit code 1');
    works = true;
    expect([access.token(), access.token(), count()]).toStrictEqual(['token-3', 'token-3', 3]);
  });

  it('runs it again when its token is refused, which does not say when it expires', async () => {
    const { run, count } = fetching(() => ({}));
    const { access } = await read({ '/k': yaml(plugin) }, { run });
    expect([access.token(), access.token(), access.token('another')]).toStrictEqual(['token-1', 'token-1', 'token-1']);
    // Several requests may be refused at a time.
    expect([access.token('token-1'), access.token('token-1'), count()]).toStrictEqual(['token-2', 'token-2', 2]);
  });

  it('or a client certificate', async () => {
    const status = { clientCertificateData: pem, clientKeyData: pem };
    const { access } = await read(
      { '/k': yaml(plugin) },
      { run: () => ({ code: 0, stdout: JSON.stringify({ status }) }) },
    );
    expect(access.clientCertificate).toStrictEqual({ cert: pem, key: pem });
  });

  it.each([
    ['ends badly', () => ({ code: 1, stdout: '' }), 'the program login ended with exit code 1'],
    ['is killed', () => ({ code: null, stdout: '' }), 'ended with a signal'],
    ['prints nonsense', () => ({ code: 0, stdout: 'ok' }), 'printed no ExecCredential'],
    [
      'is not there',
      () => runProgram({ command: '/no/login', args: [], env: {} }),
      'cannot be run: spawnSync /no/login ENOENT',
    ],
  ])('says so when the program %s, with its hint', async (_, run, message) => {
    const failure = await failureOf(read({ '/k': yaml(plugin) }, { run }));
    expect(failure.message).toContain(message);
    expect(failure.details).toBe('get it from your administrator');
  });

  it('runs a program with the environment of the command line', () => {
    expect(runProgram({ command: 'sh', args: ['-c', 'echo $PROFILE; exit 3'], env: { PROFILE: 'lab' } })).toStrictEqual(
      {
        code: 3,
        stdout: 'lab\n',
      },
    );
  });

  it.each([
    ['impersonates', 'token: a\nas: root', 'admin].user.as is not supported'],
    ['has a password', 'username: a\npassword: b', 'user.username is not supported'],
  ])('that %s shows the way by kubectl proxy', async (_, user, message) => {
    const failure = await failureOf(read({ '/k': yaml(user) }));
    expect(failure.message).toContain(message);
    expect(failure.details).toContain('kubectl --context admin@kind proxy --port=8001');
  });

  it.each([
    ['a: [', 'the kubeconfig /k is not YAML: '],
    ['- a', 'the kubeconfig /k is no object'],
    ['', 'the kubeconfig /k is no object'],
  ])('that reads %j is refused', async (text, message) => {
    await expect(read({ '/k': text })).rejects.toThrow(message);
  });
});

async function read(
  content: Readonly<Record<string, string>>,
  options: Partial<Pick<KubeconfigRequest, 'paths' | 'run' | 'now'>> = {},
): Promise<UserKubeconfig> {
  const { paths = ['/k'], run = () => ({ code: 0, stdout: '' }) } = options;
  const files = { read: (path: string) => contentOf(content, path) };
  return readUserKubeconfig({ ...options, files, paths, context: undefined, run });
}

/** A program that gives another token each time. @param more of its status; undefined: it fails */
function fetching(more: () => object | undefined): { readonly run: typeof runProgram; readonly count: () => number } {
  let runs = 0;
  return {
    count: () => runs,
    run: () => {
      runs += 1;
      const status = more();
      if (status === undefined) return { code: 1, stdout: '' };
      return { code: 0, stdout: JSON.stringify({ status: { token: `token-${runs}`, ...status } }) };
    },
  };
}

function contentOf(content: Readonly<Record<string, string>>, path: string): Buffer {
  const text = content[path];
  if (text !== undefined) return Buffer.from(text);
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (error instanceof Failure) return error;
  throw new Error('it was to be refused');
}
