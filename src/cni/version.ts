import { Failure } from '../system/failure.ts';
import { quote } from '../system/quote.ts';
import type { Command } from './environment.ts';

/** The versions of the CNI specification that are spoken, oldest first. */
export const supportedVersions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type CniVersion = (typeof supportedVersions)[number];
export const currentVersion: CniVersion = '1.1.0';

/** The first version that has the verb. */
const introduced: Partial<Record<Command, CniVersion>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' };

/**
 * The version that a call is made in. Versions match by exact string.
 * @throws Failure `incompatible`, or `decode` when a verb that has a minimum gets something that is no version at all
 */
export function readVersion(command: Command, version: string): CniVersion {
  const first = introduced[command];
  if (first !== undefined && !/^\d+(\.\d+){0,2}$/.test(version)) {
    throw new Failure('decode', `cniVersion ${quote(version)} is not a version`);
  }
  const supported = supportedVersions.find((known) => known === version);
  if (supported === undefined) {
    throw new Failure('incompatible', `cniVersion ${quote(version)} is not supported`, {
      details: `supported versions: ${supportedVersions.join(', ')}`,
    });
  }
  if (first !== undefined && !atLeast(supported, first)) {
    throw new Failure('incompatible', `${command} needs cniVersion ${first} or later, not ${supported}`);
  }
  return supported;
}

export function atLeast(version: CniVersion, other: CniVersion): boolean {
  return supportedVersions.indexOf(version) >= supportedVersions.indexOf(other);
}
