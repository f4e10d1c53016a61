import { systemCode } from '../system/failure.ts';

/**
 * Whether a server was not believed to be who it is, by the authority's certificates or the name that we know.
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
export function isCertificateError(error: unknown): boolean {
  return codes.test(systemCode(error) ?? '');
}

const codes =
  /^(?:ERR_TLS_CERT_|UNABLE_TO_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA$|HOSTNAME_MISMATCH$|PATH_LENGTH_|ERR_SSL_WRONG_VERSION)/;
