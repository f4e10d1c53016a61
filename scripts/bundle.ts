import { join } from 'node:path';
import { type BuildOptions, type Metafile, build as esbuild } from 'esbuild';
import { build, root } from './paths.ts';

export interface Bundles {
  /** What runs when a runtime calls: bin/antrea.ts and all that it imports. */
  readonly hot: Metafile;
  /** The command line and all that only people need; loaded on demand by src/system/cold.ts. */
  readonly cold: Metafile;
}

/** Bundles both chunks into `directory` as `main.cjs` and `cold.cjs`; with `write: false` only says what would be in them. */
export async function bundle(
  options: { readonly directory?: string; readonly write?: boolean } = {},
): Promise<Bundles> {
  const { directory = build, write = true } = options;
  const [hot, cold] = await Promise.all([
    esbuild({
      ...common,
      write,
      entryPoints: ['bin/antrea.ts'],
      outfile: join(directory, 'main.cjs'),
      external: ['../cli/main.ts'],
    }),
    esbuild({
      ...common,
      write,
      entryPoints: ['src/cli/main.ts'],
      outfile: join(directory, 'cold.cjs'),
      mainFields: ['main'],
    }),
  ]);
  return { hot: hot.metafile, cold: cold.metafile };
}

const common = {
  absWorkingDir: root,
  bundle: true,
  metafile: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  // src/system/cold.ts reads the cold chunk as latin1.
  charset: 'ascii',
  legalComments: 'none',
  // A script from an asset has no loader for import(); require() of a builtin does the same.
  supported: { 'dynamic-import': false },
  logLevel: 'warning',
} as const satisfies BuildOptions;
