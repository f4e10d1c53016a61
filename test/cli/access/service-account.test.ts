import { describe, expect, it } from 'vitest';
import { accessOfPod } from '../../../src/cli/access/service-account.ts';
import { failureOf } from '../../failure-of.ts';

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
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
      [`${folder}/ca.crt`, 'PEM'],
    ]);
    const access = accessOfPod(filesWith(content), env);
    expect(access).toMatchObject({ ca: 'PEM', server: { secure: true, host: '10.96.0.1', port: 6443, base: '' } });
    expect(access?.token()).toBe('one');
    content.set(`${folder}/token`, 'two');
    expect(access?.token()).toBe('two');
  });

  it('may be reached by IPv6', () => {
    const content = new Map([
      [`${folder}/token`, 'one'],
      [`${folder}/ca.crt`, 'PEM'],
    ]);
    const access = accessOfPod(filesWith(content), { KUBERNETES_SERVICE_HOST: 'fd00::1' });
    expect(access?.server).toMatchObject({ host: 'fd00::1', port: 443 });
  });

  it('is none outside of a Pod', () => {
    expect(accessOfPod(filesWith(new Map()), {})).toBeUndefined();
    expect(accessOfPod(filesWith(new Map()), env)).toBeUndefined();
  });

  it('is whole, or it is said what is missing', () => {
    const files = filesWith(new Map([[`${folder}/token`, 'one']]));
    expect(failureOf(() => accessOfPod(files, env))).toMatch(/^config: the ServiceAccount's .*ca\.crt cannot be read/u);
  });
});
