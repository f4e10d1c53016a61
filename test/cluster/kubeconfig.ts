import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueName } from '../fixture/unique.ts';
import type { KeyPair } from './certificates.ts';

/** One of them, as a kubeconfig's user has it. */
export type Credentials =
  | { readonly token: string }
  /** Read again when it changes. */
  | { readonly tokenFile: string }
  | { readonly clientCertificate: KeyPair };

export interface KubeconfigOptions {
  /** Where the file is put. */
  readonly dir: string;
  readonly server: string;
  /** Path of a PEM file. */
  readonly authority: string;
  readonly credentials: Credentials;
  /** Certificates as base64 in the file itself, instead of paths. */
  readonly embedded?: boolean;
}

/** Writes a kubeconfig; its path. It is JSON, which is YAML too. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { dir, server, authority, credentials, embedded = false } = options;
  const file = (key: string, path: string): Record<string, string> =>
    embedded ? { [`${key}-data`]: readFileSync(path).toString('base64') } : { [key]: path };
  const path = join(dir, uniqueName('kubeconfig-'));
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server, ...file('certificate-authority', authority) } }],
    users: [{ name: 'test', user: userOf(credentials, file) }],
  };
  writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  return path;
}

function userOf(
  credentials: Credentials,
  file: (key: string, path: string) => Record<string, string>,
): Record<string, string> {
  if ('clientCertificate' in credentials) {
    const { certificate, key } = credentials.clientCertificate;
    return { ...file('client-certificate', certificate), ...file('client-key', key) };
  }
  return 'token' in credentials ? { token: credentials.token } : { tokenFile: credentials.tokenFile };
}
