import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

export type Arch = 'x64' | 'arm64';

/** pkg.config.json, as @yao-pkg/pkg reads it; `integrity` is ours: the hashes of packages that the lock file cannot hold. */
export interface PkgConfig {
  readonly name: string;
  readonly bin: string;
  readonly outputPath: string;
  readonly targets: readonly string[];
  readonly integrity: Readonly<Record<string, string>>;
  readonly seaConfig: {
    readonly disableExperimentalSEAWarning: boolean;
    readonly useSnapshot: boolean;
    readonly useCodeCache: boolean;
    /** Of all starts; V8's code caches must be made with the same. */
    readonly execArgv: readonly string[];
    readonly execArgvExtension: 'cli';
    readonly assets: Readonly<Record<string, string>>;
  };
}

export interface Target {
  readonly nodeRange: string;
  readonly platform: 'linux';
  readonly arch: Arch;
}

export function readPkgConfig(): PkgConfig {
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- a file of this repository, under test by every build
  const config: PkgConfig = JSON.parse(readFileSync(join(root, 'pkg.config.json'), 'utf8'));
  return config;
}

/** The target of this architecture, from a line such as `node24.21.0-linux-x64`. */
export function targetOf(config: PkgConfig, arch: Arch): Target {
  const nodeRange = config.targets.find((name) => name.endsWith(`-linux-${arch}`))?.split('-')[0];
  if (nodeRange === undefined) throw new Error(`pkg.config.json has no target for linux-${arch}`);
  return { nodeRange, platform: 'linux', arch };
}
