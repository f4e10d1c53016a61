import { isatty } from 'node:tty';
import { describe, expect, it } from 'vitest';
import { readUserKubeconfig, type KubeconfigRequest, type UserKubeconfig } from '../../../src/cli/kubeconfig/read.ts';
import type { Program, RunProgram } from '../../../src/cli/kubeconfig/run-program.ts';
import type { ClusterAccess } from '../../../src/kube/kubeconfig.ts';
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

  it('is read again when the API server has refused what it said', async () => {
    const content = { '/k': yaml('token: abc') };
    const { access } = await read(content);
    const refused = await access.renewed?.({ refused: undefined, patience: 1000 });
    content['/k'] = yaml('token: new');
    expect(access.token()).toBe('abc');
    expect((await access.renewed?.({ refused, patience: 1000 }))?.token()).toBe('new');
  });

  it('is read again by the context of before, though somebody has switched to another one', async () => {
    const content = { '/k': yaml('token: abc') };
    const { access } = await read(content);
    const refused = await access.renewed?.({ refused: undefined, patience: 1000 });
    content['/k'] = yaml('token: new').replace('current-context: admin@kind', 'current-context: other');
    expect((await access.renewed?.({ refused, patience: 1000 }))?.token()).toBe('new');
  });

  it('may be several files, of which some may be missing', async () => {
    const { context } = await read({ '/k': yaml('token: abc') }, { paths: ['/missing', '/k'] });
    expect(context).toBe('admin@kind');
    await expect(read({}, { paths: ['/missing'] })).rejects.toThrow('the kubeconfig /missing cannot be read: ');
    await expect(read({}, { paths: ['/a', '/b'] })).rejects.toThrow('the kubeconfigs /a:/b are missing: expected one');
  });

  it('may have a program that fetches a token, which is told of the cluster', async () => {
    let seen: Program | undefined;
    const { access } = await read(
      { '/k': yaml(plugin) },
      {
        run: async (program) => {
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

  it('runs it again when its token has expired', async () => {
    let time = Date.parse('2026-01-01T00:00:00Z');
    const { run, count } = fetching(() => ({ expirationTimestamp: new Date(time + 3_600_000) }));
    const { access } = await read({ '/k': yaml(plugin) }, { run, now: () => time });
    time += 3_599_999;
    expect([await tokenOf(access), await tokenOf(access), count()]).toStrictEqual(['token-1', 'token-1', 1]);
    time += 1;
    expect([await tokenOf(access), await tokenOf(access), count()]).toStrictEqual(['token-2', 'token-2', 2]);
  });

  it('or a client certificate, and another one when that is refused, which does not say when it expires', async () => {
    const { run } = fetching((runs) => {
      const text = pem.replace('MIIB', `MII${runs}`);
      return { token: undefined, clientCertificateData: text, clientKeyData: text };
    });
    const { access } = await read({ '/k': yaml(plugin) }, { run });
    expect(access.clientCertificate?.cert).toContain('MII1');
    const first = await access.renewed?.({ refused: undefined, patience: 1000 });
    const second = await access.renewed?.({ refused: first, patience: 1000 });
    expect([first?.clientCertificate?.cert, second?.clientCertificate?.cert]).toStrictEqual([
      pem.replace('MIIB', 'MII1'),
      pem.replace('MIIB', 'MII2'),
    ]);
  });

  it('gives a program a minute where nobody can be asked', async () => {
    let seen: Program | undefined;
    const { run } = fetching(() => ({}));
    await read(
      { '/k': yaml(plugin) },
      {
        run: async (program) => {
          seen = program;
          return run(program);
        },
      },
    );
    expect(seen?.timeout).toBe(isatty(0) ? undefined : 60_000);
  });

  it.each([
    ['ends badly', async () => ({ code: 1, stdout: '' }), 'the program login ended with exit code 1'],
    ['is killed', async () => ({ code: null, stdout: '' }), 'ended with a signal'],
    ['prints nonsense', async () => ({ code: 0, stdout: 'ok' }), 'printed no ExecCredential'],
    ['cannot be run', failing(new Error('cannot be run: ENOENT')), 'login cannot be run: ENOENT: '],
  ])('says so when the program %s, with its hint', async (_, run, message) => {
    const failure = await failureOf(read({ '/k': yaml(plugin) }, { run }));
    expect(failure.message).toContain(message);
    expect(failure.details).toBe('get it from your administrator');
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
  const { paths = ['/k'], run = async () => ({ code: 0, stdout: '' }) } = options;
  const files = { read: (path: string) => contentOf(content, path) };
  return readUserKubeconfig({ ...options, files, paths, context: undefined, run });
}

/** A program that gives another token each time. @param more of its status */
function fetching(more: (runs: number) => object): { readonly run: RunProgram; readonly count: () => number } {
  let runs = 0;
  return {
    count: () => runs,
    run: async () => {
      runs += 1;
      return { code: 0, stdout: JSON.stringify({ status: { token: `token-${runs}`, ...more(runs) } }) };
    },
  };
}

function failing(error: Error): RunProgram {
  return async () => {
    throw error;
  };
}

async function tokenOf({ renewed }: ClusterAccess): Promise<string | undefined> {
  return (await renewed?.({ refused: undefined, patience: 1000 }))?.token();
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
