import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/**
 * A certificate for 127.0.0.1 that is its own authority. Node can make none, and a build should need no openssl: so
 * the little DER that it takes is written by hand (RFC 5280, section 4.1).
 */
export function selfSigned(now: Date): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const tbs = toBeSigned(publicKey, now);
  const signature = bits(sign('sha256', tbs, privateKey));
  const certificate = sequence(tbs, ecdsaWithSHA256, signature);
  const base64 = certificate.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function toBeSigned(publicKey: KeyObject, now: Date): Buffer {
  const day = 86_400_000;
  const validity = sequence(time(new Date(now.getTime() - day)), time(new Date(now.getTime() + day)));
  const name = sequence(element(0x31, sequence(commonName, element(0x0c, Buffer.from('rehearsal')))));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const version3 = element(0xa0, integer(2));
  return sequence(version3, integer(1), ecdsaWithSHA256, name, validity, name, spki, element(0xa3, extensions()));
}

function extensions(): Buffer {
  const isAuthority = sequence(basicConstraints, element(0x04, sequence(element(0x01, Buffer.from([0xff])))));
  const loopback = element(0x87, Buffer.from([127, 0, 0, 1]));
  return sequence(isAuthority, sequence(subjectAltName, element(0x04, sequence(loopback))));
}

/** `YYMMDDhhmmssZ` */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/\D/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
}

function integer(value: number): Buffer {
  return element(0x02, Buffer.from([value]));
}

function bits(content: Buffer): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

/** Tag, length, content (X.690, section 8.1). */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

/** Object identifiers, encoded. */
const ecdsaWithSHA256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
const commonName = Buffer.from('0603550403', 'hex');
const basicConstraints = Buffer.from('0603551d13', 'hex');
const subjectAltName = Buffer.from('0603551d11', 'hex');
