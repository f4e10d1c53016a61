import { expect, it } from 'vitest';
import { atLeast, readVersion, supportedVersions } from '../../src/cni/version.ts';
import { failureOf } from '../failure-of.ts';

it.each(supportedVersions)('%s is spoken', (version) => {
  expect(readVersion('ADD', version)).toBe(version);
  expect(readVersion('DEL', version)).toBe(version);
});

it.each(['CHECK', 'GC', 'STATUS'] as const)('%s needs the version that introduced it', (command) => {
  const first = command === 'CHECK' ? '0.4.0' : '1.1.0';
  for (const version of supportedVersions) {
    if (atLeast(version, first)) expect(readVersion(command, version)).toBe(version);
    else
      expect(failureOf(() => readVersion(command, version))).toBe(
        `incompatible: ${command} needs cniVersion ${first} or later, not ${version}`,
      );
  }
});

it.each(['1.0', '1', '0.5.0', '1.1.1', '2.0.0', 'v1.0.0', 'adsf', ' 1.0.0', '1.0.0-rc1', ''])(
  '%j is not',
  (version) => {
    expect(failureOf(() => readVersion('ADD', version))).toMatch(/^incompatible: /u);
  },
);

it.each(['adsf', '1.x', '1.0.0.0'])(
  'for a command that needs a certain version, %j is no version at all',
  (version) => {
    for (const command of ['CHECK', 'GC', 'STATUS'] as const) {
      expect(failureOf(() => readVersion(command, version))).toMatch(/^decode: /u);
    }
  },
);
