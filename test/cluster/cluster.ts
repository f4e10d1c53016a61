import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '../fixture/daemon.ts';
import type { Netns } from '../fixture/netns.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir, uniqueName } from '../fixture/unique.ts';
import { until } from '../fixture/until.ts';
import { createApi, impersonationHeaders, type Api, type ApiOptions, type Impersonated } from './api.ts';
import { readAudit, type AuditEvent } from './audit.ts';
import type { Authority, KeyPair } from './certificates.ts';
import { kubeconfig, type Credentials } from './kubeconfig.ts';
import { hostAddress, linkWithHost } from './reach.ts';
import { layOut, layOutCopy, startApiServer, startEtcd, type Layout } from './servers.ts';
import { findClusterTools } from './tools.ts';

/**
 * A real kube-apiserver with an etcd of its own, on loopback, with RBAC. No controllers, no kubelet:
 * nothing makes a Namespace's ServiceAccounts, schedules a Pod or collects garbage.
 */
export interface Cluster {
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  readonly port: number;
  /** Where etcd listens, without TLS and without asking who it is. */
  readonly etcdServer: string;
  readonly dir: string;
  /** Paths of PEM files. */
  readonly authority: Authority;
  readonly adminToken: string;
  /** May do everything. */
  readonly admin: Api;
  readonly withToken: (token: string) => Api;
  readonly withCertificate: (pair: KeyPair) => Api;
  /** The admin pretends to be somebody. */
  readonly impersonate: (who: Impersonated) => Api;
  /** Writes a kubeconfig of its own; its path. */
  readonly kubeconfig: (credentials: Credentials, options?: KubeconfigChoice) => string;
  /** Lets what runs in a network namespace reach the API server, if the cluster has `nodes`; the server's URL there. */
  readonly admitNode: (netns: Pick<Netns, 'name'>) => Promise<string>;
  /** All that has been answered since the start; the log is a moment behind the answers. */
  readonly audit: () => readonly AuditEvent[];
  /** The same when the log has what was answered before this call. */
  readonly audited: () => Promise<readonly AuditEvent[]>;
  readonly etcd: Daemon;
  readonly apiserver: Daemon;
  /** SIGKILL of the API server; etcd runs on. */
  readonly kill: () => Promise<void>;
  /** Starts again what is down, with the same data and port, and waits until it is ready. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface ClusterOptions {
  /** More arguments of kube-apiserver. */
  readonly args?: readonly string[];
  /** Listens beyond loopback, for Nodes in network namespaces of their own. */
  readonly nodes?: boolean;
  /** Starts with a copy of this folder of a cluster that has ended: its objects and its keys. */
  readonly copyOf?: string | undefined;
}

export interface KubeconfigChoice {
  /** Default: `server` of the cluster. Another one for a proxy, or for a Node's network namespace. */
  readonly server?: string;
  /** Certificates as base64 in the file itself, instead of paths. */
  readonly embedded?: boolean;
}

/** Ready 2 to 5 s later. @throws Error without the executables; see findClusterTools */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const tools = await findClusterTools();
  if (tools.dir === undefined) throw new Error(tools.reason);
  const resources = createResources();
  try {
    const temp = await resources.use(makeTempDir('cluster'));
    const { copyOf } = options;
    const layout = await (copyOf === undefined
      ? layOut(tools.dir, temp.path)
      : layOutCopy(tools.dir, temp.path, copyOf));
    const etcd = startEtcd(layout);
    resources.defer(etcd.kill);
    const apiserver = startApiServer(layout, argsOf(options));
    resources.defer(apiserver.kill);
    const cluster = describeCluster({ layout, etcd, apiserver, defer: resources.defer });
    await ready(cluster);
    return { ...cluster, stop: resources.release };
  } catch (error) {
    await resources.release();
    throw error;
  }
}

function argsOf({ args = [], nodes = false }: ClusterOptions): readonly string[] {
  return nodes ? ['--bind-address=0.0.0.0', ...args] : args;
}

type Parts = {
  readonly layout: Layout;
  readonly etcd: Daemon;
  readonly apiserver: Daemon;
  readonly defer: (undo: () => unknown) => void;
};

function describeCluster({ layout, etcd, apiserver, defer }: Parts): Omit<Cluster, 'stop'> {
  const { dir, port, etcdPort, authority, adminToken } = layout;
  const server = `https://127.0.0.1:${port}`;
  const ca = readFileSync(authority.certificate, 'utf8');
  const open = (who: Omit<ApiOptions, 'port' | 'ca'>): Api => {
    const api = createApi({ port, ca, ...who });
    defer(api.close);
    return api;
  };
  const cluster: Omit<Cluster, 'restart' | 'stop'> = {
    server,
    port,
    etcdServer: `http://127.0.0.1:${etcdPort}`,
    dir,
    authority,
    adminToken,
    etcd,
    apiserver,
    admin: open({ token: adminToken }),
    withToken: (token: string) => open({ token }),
    withCertificate: ({ certificate, key }: KeyPair) =>
      open({ clientCertificate: { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') } }),
    impersonate: (who: Impersonated) => open({ token: adminToken, headers: impersonationHeaders(who) }),
    kubeconfig: (credentials: Credentials, choice: KubeconfigChoice = {}) =>
      kubeconfig({ dir: join(dir, 'kubeconfigs'), server, authority: authority.certificate, credentials, ...choice }),
    async admitNode(netns: Pick<Netns, 'name'>) {
      const link = await linkWithHost(netns);
      defer(link.remove);
      return `https://${hostAddress}:${port}`;
    },
    audit: () => readAudit(join(dir, 'audit.log')),
    audited: () => audited(cluster),
    kill: () => apiserver.kill(),
  };
  return {
    ...cluster,
    async restart() {
      etcd.start();
      apiserver.start();
      await ready(cluster);
    },
  };
}

/** One request more, of ours, and all up to the line that tells of it. */
async function audited({ admin, audit }: Pick<Cluster, 'admin' | 'audit'>): Promise<readonly AuditEvent[]> {
  const mark = uniqueName('mark-');
  await admin.get(`/api/v1/namespaces/default/configmaps/${mark}`);
  const upToMark = (): readonly AuditEvent[] | undefined => {
    const events = audit();
    const end = events.findIndex(({ name }) => name === mark);
    return end === -1 ? undefined : events.slice(0, end);
  };
  return until(upToMark, { what: 'the audit log' });
}

/** `readyz` says so before the roles that RBAC starts with are there; that comes last. */
async function ready(cluster: Pick<Cluster, 'admin' | 'dir' | 'etcd' | 'apiserver'>): Promise<void> {
  const { admin, dir, etcd, apiserver } = cluster;
  const answers = async (): Promise<boolean> => {
    if (!etcd.running()) throw new Error(`etcd has ended: ${tail(dir, 'etcd.out')}`);
    if (!apiserver.running()) throw new Error(`kube-apiserver has ended: ${tail(dir, 'apiserver.out')}`);
    const paths = ['/readyz', '/api/v1/namespaces/default'];
    const answered = await Promise.all(paths.map((path) => admin.get(path)));
    return answered.every(({ status }) => status === 200);
  };
  const quietly = (): Promise<boolean> =>
    answers().catch((error: unknown) => {
      if (error instanceof Error && 'code' in error) return false;
      throw error;
    });
  // It takes 2 to 5 s, and much longer where three of them start on a busy machine.
  await until(quietly, { what: 'a ready kube-apiserver', timeoutMs: 150_000, everyMs: 50 });
}

function tail(dir: string, file: string): string {
  return readFileSync(join(dir, file), 'utf8').slice(-2000);
}
