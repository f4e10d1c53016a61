import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { accepted, type Api } from '../../cluster/api.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { makeToken } from '../../cluster/objects.ts';
import { run } from '../../fixture/command.ts';
import { isObject, parseJson } from '../../fixture/json.ts';
import { antreaCommand } from '../../fixture/program.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir, uniqueName } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';

export interface Answer {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody at a machine with a home folder, who runs the command line as a process of its own. */
export interface Person {
  readonly home: string;
  readonly antrea: (words: readonly string[], options?: RunOptions) => Promise<Answer>;
  /** Writes a file into the home folder; its path. */
  readonly write: (name: string, text: string, mode?: number) => string;
  readonly leave: () => Promise<void>;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function welcome(): Promise<Person> {
  const resources = createResources();
  const { path: home } = await resources.use(makeTempDir('person'));
  return {
    home,
    antrea: async (words, { input = '', env = {} } = {}) => {
      const { code, stdout, stderr } = await run([...antreaCommand(), ...words], {
        input,
        env: { PATH: process.env['PATH'], HOME: home, ...env },
        bareEnv: true,
        cwd: home,
      });
      return { code, stdout, stderr };
    },
    write: (name, text, mode = 0o600) => {
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(join(home, name), text, { mode });
      return join(home, name);
    },
    leave: resources.release,
  };
}

/** A kubeconfig as clusters give it to people: YAML, with everything in it. */
export function yamlKubeconfig(cluster: Cluster, user: object, context: object = {}): string {
  const ca = readFileSync(cluster.authority.certificate).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    'current-context': 'me@test',
    contexts: [{ name: 'me@test', context: { cluster: 'test', user: 'me', ...context } }],
    clusters: [{ name: 'test', cluster: { server: cluster.server, 'certificate-authority-data': ca } }],
    users: [{ name: 'me', user }],
  });
}

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The token of somebody new, who may do just this, in every Namespace, and may do so by now. */
export async function tokenWithRights(
  { admin, withToken }: Pick<Cluster, 'admin' | 'withToken'>,
  rules: readonly Rule[],
): Promise<string> {
  const name = uniqueName('user-');
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  accepted(await admin.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name } }));
  accepted(await admin.post(`${rbac}/clusterroles`, { metadata: { name }, rules }));
  accepted(
    await admin.post(`${rbac}/clusterrolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
    }),
  );
  const token = await makeToken(admin, { namespace: 'default', serviceAccount: name });
  await until(() => mayDo(withToken(token), rules), { what: 'rights that the API server knows of' });
  return token;
}

async function mayDo(api: Api, [rule]: readonly Rule[]): Promise<boolean> {
  if (rule === undefined) return true;
  const { apiGroups, resources, verbs } = rule;
  const resourceAttributes = { group: apiGroups[0], resource: resources[0], verb: verbs[0] };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { status } = accepted(await api.post(path, { spec: { resourceAttributes } }));
  return isObject(status) && status['allowed'] === true;
}

export function parsed(text: string): unknown {
  return parseJson(text);
}
