import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pkg from '@yao-pkg/pkg/lib-es5/sea.js';
import { provideBaseNode } from './base-node.ts';
import { build, root, temporary } from './paths.ts';
import { type Arch, type PkgConfig, targetOf } from './pkg-config.ts';

/**
 * Makes a single-file executable: Node for `arch` with the script `main` and the configured assets inside.
 *
 * @param output the executable; it is replaced in one step, for it may be running, and is missing after a failure
 * @param test throws if the executable is not fit to be kept
 */
export async function makeExecutable(options: {
  readonly config: PkgConfig;
  readonly arch: Arch;
  readonly main: string;
  readonly output: string;
  readonly test?: (executable: string) => void;
}): Promise<void> {
  const { config, arch, main, output, test } = options;
  const target = targetOf(config, arch);
  const home = join(build, 'home');
  mkdirSync(temporary, { recursive: true });
  // pkg keeps its files below these.
  Object.assign(process.env, { HOME: home, TMPDIR: temporary });
  provideBaseNode(config, target, home);
  const directory = mkdtempSync(join(temporary, 'executable-'));
  const made = join(directory, config.name);
  try {
    await pkg.default(main, { targets: [{ ...target, output: made }], seaConfig: seaConfig(config.seaConfig, arch) });
    test?.(made);
    mkdirSync(dirname(output), { recursive: true });
    writeInOneGo(made, `${made}.whole`);
    renameSync(`${made}.whole`, output);
  } catch (error) {
    rmSync(output, { force: true });
    throw error;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** pkg writes it in pieces: so does the kernel keep it, and each start of it is longer then (docs/adr/0002-bundle.md). */
function writeInOneGo(from: string, to: string): void {
  writeFileSync(to, readFileSync(from), { mode: 0o755 });
}

/** What V8 compiled on one processor, another cannot read; and pkg's paths are relative to its own directory. */
function seaConfig(
  config: PkgConfig['seaConfig'],
  arch: Arch,
): PkgConfig['seaConfig'] & { assets: Record<string, string> } {
  const native = arch === process.arch;
  const assets = Object.entries(config.assets).filter(([name]) => native || !name.endsWith('.cache'));
  return {
    ...config,
    useCodeCache: config.useCodeCache && native,
    assets: Object.fromEntries(assets.map(([name, path]) => [name, join(root, path)])),
  };
}
