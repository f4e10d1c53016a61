import { readFileSync, writeSync } from 'node:fs';

export async function main(): Promise<number> {
  const conf: unknown = JSON.parse(readFileSync(0, 'utf8'));
  const cniVersion = typeof conf === 'object' && conf !== null && 'cniVersion' in conf ? conf.cniVersion : '1.1.0';
  const supportedVersions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];
  writeSync(1, `${JSON.stringify({ cniVersion, supportedVersions })}\n`);
  return Promise.resolve(0);
}
