import { join } from 'node:path';
import { must } from '../fixture/command.ts';

/** Paths of PEM files. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority in a folder, by the openssl command. */
export interface Authority extends KeyPair {
  readonly issue: (request: CertificateRequest) => Promise<KeyPair>;
}

export interface CertificateRequest {
  /** The name of its files. */
  readonly name: string;
  /** `/O=group/CN=user`, as openssl wants it. */
  readonly subject: string;
  /** `IP:127.0.0.1,DNS:localhost`; a client's needs none. */
  readonly names?: string;
  /** Default: that of servers and of clients. */
  readonly purpose?: string;
}

const keyKind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

export async function createAuthority(dir: string): Promise<Authority> {
  const authority = openAuthority(dir);
  const purpose = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];
  await request(authority, ['-x509', '-days', '30', '-subj', '/CN=antrea-test', ...purpose]);
  return authority;
}

/** The one that is in the folder. */
export function openAuthority(dir: string): Authority {
  const own = pathsOf(dir, 'ca');
  return {
    ...own,
    async issue({ name, subject, names, purpose: usage = 'serverAuth,clientAuth' }) {
      const pair = pathsOf(dir, name);
      const extra = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
      const signedBy = ['-x509', '-days', '30', '-CA', own.certificate, '-CAkey', own.key];
      const purposes = ['-addext', `extendedKeyUsage=${usage}`, '-addext', 'basicConstraints=CA:FALSE'];
      await request(pair, [...signedBy, '-subj', subject, ...purposes, ...extra]);
      return pair;
    },
  };
}

export function pathsOf(dir: string, name: string): KeyPair {
  return { certificate: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
}

async function request(pair: KeyPair, args: readonly string[]): Promise<void> {
  await must(['openssl', 'req', ...keyKind, '-keyout', pair.key, '-out', pair.certificate, ...args]);
}
