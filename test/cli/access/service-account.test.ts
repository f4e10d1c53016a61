import { mkdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { accessOfPod } from '../../../src/cli/access/service-account.ts';
import { createAuthority } from '../../cluster/certificates.ts';
import { failureOf } from '../../failure-of.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
const pem = '-----BEGIN CERTIFICATE-----';
const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '6443' };

function filesWith(content: Map<string, string>) {
  return {
    exists: (path: string) => content.has(path),
    read: (path: string) => {
      const text = content.get(path);
      if (text === undefined) throw new Error(`no ${path}`);
      return Buffer.from(text);
    },
  };
}

describe('the ServiceAccount of a Pod', () => {
  it('leads to the API server, with the token as it is at the moment', () => {
    const content = new Map([
      [`${folder}/token`, 'one\n'],
      [`${folder}/ca.crt`, pem],
    ]);
    const access = accessOfPod(filesWith(content), env);
    expect(access).toMatchObject({ ca: pem, server: { secure: true, host: '10.96.0.1', port: 6443, base: '' } });
    expect(access?.token()).toBe('one');
    content.set(`${folder}/token`, 'two');
    expect(access?.token()).toBe('two');
  });

  it('is believed by other certificates once those of before are of no use, and not before', async () => {
    const dir = await resources.use(makeTempDir('account'));
    const [one, two] = [await authorityIn(`${dir.path}/one`), await authorityIn(`${dir.path}/two`)];
    const content = new Map([
      [`${folder}/token`, 'one'],
      [`${folder}/ca.crt`, one],
    ]);
    const { renewed } = accessOfPod(filesWith(content), env) ?? {};
    const first = await renewed?.({ patience: 1000 });
    content.set(`${folder}/ca.crt`, two);
    expect((await renewed?.({ patience: 1000 }))?.ca).toBe(one);
    expect((await renewed?.({ distrusting: first, patience: 1000 }))?.ca).toBe(two);
  });

  it('may be reached by IPv6', () => {
    const content = new Map([
      [`${folder}/token`, 'one'],
      [`${folder}/ca.crt`, pem],
    ]);
    const access = accessOfPod(filesWith(content), { KUBERNETES_SERVICE_HOST: 'fd00::1' });
    expect(access?.server).toMatchObject({ host: 'fd00::1', port: 443 });
  });

  it('is none outside of a Pod', () => {
    expect(accessOfPod(filesWith(new Map()), {})).toBeUndefined();
    expect(accessOfPod(filesWith(new Map()), env)).toBeUndefined();
  });

  it('is nobody to believe without certificates', () => {
    const content = new Map([
      [`${folder}/token`, 'one'],
      [`${folder}/ca.crt`, ''],
    ]);
    expect(failureOf(() => accessOfPod(filesWith(content), env))).toMatch(/ca\.crt holds no PEM block: expected one$/u);
  });

  it('is whole, or it is said what is missing', () => {
    const files = filesWith(new Map([[`${folder}/token`, 'one']]));
    expect(failureOf(() => accessOfPod(files, env))).toMatch(/^config: the ServiceAccount's .*ca\.crt cannot be read/u);
  });
});

/** PEM of an authority that is made in the folder. */
async function authorityIn(path: string): Promise<string> {
  mkdirSync(path);
  const { certificate } = await createAuthority(path);
  return readFileSync(certificate, 'utf8');
}
