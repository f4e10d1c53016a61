import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../fixture/command.ts';
import { startDaemon, type Daemon } from '../fixture/daemon.ts';
import { auditPolicy } from './audit.ts';
import { createAuthority, openAuthority, pathsOf, type Authority, type KeyPair } from './certificates.ts';
import { freePort } from './ports.ts';
import { hostAddress } from './reach.ts';

/** What the servers of one cluster are started with. */
export interface Layout {
  readonly tools: string;
  readonly dir: string;
  readonly etcdPort: number;
  readonly peerPort: number;
  readonly port: number;
  readonly serving: KeyPair;
  readonly authority: Authority;
  readonly adminToken: string;
}

/** Free ports, certificates and files of a new cluster. */
export async function layOut(tools: string, dir: string): Promise<Layout> {
  const authority = await createAuthority(dir);
  const serving = await authority.issue({
    name: 'apiserver',
    subject: '/CN=kube-apiserver',
    names: `IP:127.0.0.1,IP:${hostAddress},DNS:localhost,DNS:kubernetes.default.svc`,
  });
  return { tools, dir, ...(await freePorts()), authority, serving, adminToken: writeFiles(dir) };
}

/** The same from a copy of the folder of a cluster that has ended: with its objects, and its keys. */
export async function layOutCopy(tools: string, dir: string, of: string): Promise<Layout> {
  await must(['cp', '--archive', '--sparse=always', `${of}/.`, dir]);
  const [adminToken = ''] = readFileSync(join(dir, 'tokens.csv'), 'utf8').split(',');
  const [authority, serving] = [openAuthority(dir), pathsOf(dir, 'apiserver')];
  return { tools, dir, ...(await freePorts()), authority, serving, adminToken };
}

async function freePorts(): Promise<Pick<Layout, 'etcdPort' | 'peerPort' | 'port'>> {
  return { etcdPort: await freePort(), peerPort: await freePort(), port: await freePort() };
}

/** Returns the admin's token. */
function writeFiles(dir: string): string {
  const adminToken = randomBytes(16).toString('hex');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const secret = { mode: 0o600 };
  writeFileSync(join(dir, 'tokens.csv'), `${adminToken},admin,admin,system:masters\n`, secret);
  writeFileSync(join(dir, 'sa.key'), privateKey.export({ type: 'sec1', format: 'pem' }), secret);
  writeFileSync(join(dir, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(join(dir, 'audit-policy.json'), JSON.stringify(auditPolicy));
  writeFileSync(join(dir, 'audit.log'), '');
  mkdirSync(join(dir, 'kubeconfigs'));
  return adminToken;
}

export function startEtcd({ tools, dir, etcdPort, peerPort }: Layout): Daemon {
  const client = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return startDaemon({
    argv: [
      join(tools, 'etcd'),
      `--data-dir=${join(dir, 'etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--log-level=warn',
    ],
    outputFile: join(dir, 'etcd.out'),
  });
}

export function startApiServer(
  { tools, dir, port, etcdPort, authority, serving }: Layout,
  more: readonly string[],
): Daemon {
  return startDaemon({
    argv: [
      join(tools, 'kube-apiserver'),
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
      `--client-ca-file=${authority.certificate}`,
      `--token-auth-file=${join(dir, 'tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${join(dir, 'sa.pub')}`,
      `--service-account-signing-key-file=${join(dir, 'sa.key')}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--endpoint-reconciler-type=none',
      `--audit-policy-file=${join(dir, 'audit-policy.json')}`,
      `--audit-log-path=${join(dir, 'audit.log')}`,
      ...more,
    ],
    outputFile: join(dir, 'apiserver.out'),
  });
}
