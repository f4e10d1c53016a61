import fs from 'node:fs';
import { fail, ok, type Finding } from '../../system/finding.ts';

/** What the Node inside the executable was linked against. */
const neededGlibc = { major: 2, minor: 28 };

/** The shared libraries of the host that this very process uses. */
export function checkLibraries(): readonly Finding[] {
  return [checkGlibc(glibcVersion()), checkLibstdcxx(fs.readFileSync('/proc/self/maps', 'utf8'))];
}

/** @param version as in `2.36`; undefined for another C library */
export function checkGlibc(version: string | undefined): Finding {
  const { major, minor } = neededGlibc;
  const [hasMajor = 0, hasMinor = 0] = (version ?? '').split('.').map(Number);
  const isEnough = hasMajor > major || (hasMajor === major && hasMinor >= minor);
  if (isEnough) return ok('glibc', `${version} (${major}.${minor} or later is needed)`);
  return fail(
    'glibc',
    `${version ?? 'this host has another C library'}: ${major}.${minor} or later is needed`,
    'use a host such as Debian 10, Ubuntu 20.04, RHEL 8 or later',
  );
}

/** @param maps as in /proc/self/maps */
export function checkLibstdcxx(maps: string): Finding {
  const path = /\S*\/libstdc\+\+\.so\S*/.exec(maps)?.[0];
  if (path !== undefined) return ok('libstdc++', path);
  return fail('libstdc++', 'not loaded', 'install it: apt-get install libstdc++6, or dnf install libstdc++');
}

function glibcVersion(): string | undefined {
  // Else it looks up the names of all the Node's connections.
  Object.assign(process.report, { excludeNetwork: true });
  const report: object = process.report.getReport();
  const header: unknown = 'header' in report ? report.header : undefined;
  if (typeof header !== 'object' || header === null || !('glibcVersionRuntime' in header)) return undefined;
  return typeof header.glibcVersionRuntime === 'string' ? header.glibcVersionRuntime : undefined;
}
