import { expect, it } from 'vitest';
import { isCertificateError } from '../../src/kube/certificate-error.ts';

const withCode = (code: string): Error => Object.assign(new Error('x'), { code });

it.each([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])('%s tells that the server was not believed', (code) => expect(isCertificateError(withCode(code))).toBe(true));

it.each([
  withCode('ECONNREFUSED'),
  withCode('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'),
  new Error('CERT_HAS_EXPIRED'),
  undefined,
])('%s tells something else', (error) => expect(isCertificateError(error)).toBe(false));
