import { isatty } from 'node:tty';
import { readText, type Named } from '../../kube/kubeconfig-fields.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import type { RunProgram } from './run-program.ts';

export interface CredentialRequest {
  /** `users[].user.exec` */
  readonly exec: Named;
  /** `clusters[].cluster` */
  readonly cluster: JsonObject;
  readonly run: RunProgram;
  /** See Program. */
  readonly timeout: number | undefined;
}

export interface Credentials {
  /** In the keys of a kubeconfig's user. */
  readonly user: JsonObject;
  /** Milliseconds since 1970; undefined: it does not say. */
  readonly expires: number | undefined;
}

/**
 * What a credential plugin answers.
 * @throws Failure `config`
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export async function runCredentialPlugin({ exec, cluster, run, timeout }: CredentialRequest): Promise<Credentials> {
  const command = readText(exec, 'command') ?? '';
  const env = { ...envOf(exec), KUBERNETES_EXEC_INFO: infoOf(exec, cluster) };
  const { stdout, code } = await run({ command, args: argsOf(exec), env, timeout }).catch((error: unknown) => {
    throw refused(exec, messageOf(error));
  });
  if (code !== 0) throw refused(exec, `ended with ${code === null ? 'a signal' : `exit code ${code}`}`);
  const status = statusOf(stdout);
  const { token, clientCertificateData, clientKeyData } = status;
  const user = {
    ...(typeof token === 'string' && { token }),
    ...(typeof clientCertificateData === 'string' && { 'client-certificate-data': encode(clientCertificateData) }),
    ...(typeof clientKeyData === 'string' && { 'client-key-data': encode(clientKeyData) }),
  };
  if (Object.keys(user).length > 0) return { user, expires: timeOf(status['expirationTimestamp']) };
  throw refused(exec, 'printed no ExecCredential with a token or a client certificate');
}

function argsOf({ value }: Named): readonly string[] {
  const args: unknown = isJsonObject(value) ? value['args'] : undefined;
  return Array.isArray(args) ? args.filter((arg) => typeof arg === 'string') : [];
}

function envOf({ value }: Named): Readonly<Record<string, string>> {
  const list: unknown = isJsonObject(value) ? value['env'] : undefined;
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  return Object.fromEntries(
    items.filter(isJsonObject).flatMap(({ name, value: text }): [string, string][] => {
      return typeof name === 'string' && typeof text === 'string' ? [[name, text]] : [];
    }),
  );
}

function infoOf(exec: Named, cluster: JsonObject): string {
  const apiVersion = readText(exec, 'apiVersion') ?? 'client.authentication.k8s.io/v1';
  const wantsCluster = isJsonObject(exec.value) && exec.value['provideClusterInfo'] === true;
  const spec = { interactive: isatty(0), ...(wantsCluster && { cluster }) };
  return JSON.stringify({ apiVersion, kind: 'ExecCredential', spec });
}

function statusOf(stdout: string): JsonObject {
  try {
    const credential: unknown = JSON.parse(stdout);
    const status = isJsonObject(credential) ? credential['status'] : undefined;
    return isJsonObject(status) ? status : {};
  } catch {
    return {};
  }
}

function timeOf(text: unknown): number | undefined {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** In the kubeconfig, certificates are PEM in base64. */
function encode(pem: string): string {
  return Buffer.from(pem).toString('base64');
}

function refused(exec: Named, problem: string): Failure {
  const hint = readText(exec, 'installHint');
  return new Failure(
    'config',
    `${exec.path}: the program ${readText(exec, 'command') ?? '(command is missing)'} ${problem}: expected an ExecCredential`,
    hint === undefined ? {} : { details: hint },
  );
}
