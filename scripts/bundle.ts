import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type BuildOptions, type Metafile, type Plugin, build as esbuild } from 'esbuild';
import { build, root } from './paths.ts';

export interface Bundles {
  /** What every start runs: it chooses one of the other two. */
  readonly start: Metafile;
  /** What runs when a runtime calls. */
  readonly hot: Metafile;
  /** The command line and all that only people need. */
  readonly cold: Metafile;
}

/** Bundles the chunks into `directory` as `start.cjs`, `hot.cjs` and `cold.cjs`; with `write: false` only says what would be in them. */
export async function bundle(
  options: { readonly directory?: string; readonly write?: boolean } = {},
): Promise<Bundles> {
  const { directory = build, write = true } = options;
  const [start, hot, cold] = await Promise.all([
    esbuild({
      ...common,
      write,
      entryPoints: ['bin/antrea.ts'],
      outfile: join(directory, 'start.cjs'),
      external: ['../plugin/main.ts', '../cli/main.ts'],
      plugins: [sharedBuiltins],
    }),
    esbuild({
      ...common,
      write,
      entryPoints: ['src/plugin/main.ts'],
      ...chunk,
      outfile: join(directory, 'hot.cjs'),
      // A millisecond less of every start. Names stay: a stack trace should tell something.
      minifyWhitespace: true,
      minifySyntax: true,
      plugins: [sharedBuiltins],
    }),
    esbuild({
      ...common,
      write,
      entryPoints: ['src/cli/main.ts'],
      ...chunk,
      outfile: join(directory, 'cold.cjs'),
      mainFields: ['main'],
      plugins: [clientForWatches, callsWithoutReflection],
      // `antrea version` names it.
      define: { ANTREA_COMMIT: JSON.stringify(commit()) },
    }),
  ]);
  return { start: start.metafile, hot: hot.metafile, cold: cold.metafile };
}

/** Empty outside of a checkout. */
function commit(): string {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

const common = {
  absWorkingDir: root,
  bundle: true,
  metafile: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  // src/system/chunk.ts reads the chunks as latin1.
  charset: 'ascii',
  legalComments: 'none',
  // A script from an asset has no loader for import(); require() of a builtin does the same.
  supported: { 'dynamic-import': false },
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** An expression, for src/system/chunk.ts: put around it there, it would be copied once more at every start. */
const chunk = {
  banner: { js: '(function (module, require) {' },
  footer: { js: '})' },
} as const satisfies BuildOptions;

/**
 * The controller needs no more of @kubernetes/client-node than its KubeConfig and Watch, and tells it how to reach the API
 * server (src/kube/watch/client-config.ts). But KubeConfig imports the classes of all kinds of Kubernetes, proxies,
 * and ways to log in, for methods that nobody calls: half of 3 MB of source.
 */
const clientForWatches: Plugin = {
  name: 'client-for-watches',
  setup(bundler) {
    bundler.onLoad({ filter: /client-node\/dist\/gen\/index\.js$/ }, () => ({
      contents: `export { createConfiguration } from './configuration.js'; export { ServerConfiguration } from './servers.js';`,
    }));
    const unused = /^(?:hpagent|js-yaml|jsonpath-plus|openid-client|socks|socks-proxy-agent)$/;
    bundler.onResolve({ filter: unused }, ({ path }) => ({ path, namespace: 'unused' }));
    bundler.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** gRPC loads it only for its channelz service, which nobody starts: a parser for .proto files. */
const callsWithoutReflection: Plugin = {
  name: 'calls-without-reflection',
  setup(bundler) {
    bundler.onResolve({ filter: /^@grpc\/proto-loader$/ }, ({ path }) => ({ path, namespace: 'no-reflection' }));
    bundler.onLoad({ filter: /.*/, namespace: 'no-reflection' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/**
 * Links `import fs from 'node:fs'` to one module. By itself esbuild gives each importing file a copy of all properties
 * of the builtin, which costs a start 2 ms (docs/adr/0002-bundle.md). Only default imports can be linked so.
 */
const sharedBuiltins: Plugin = {
  name: 'shared-builtins',
  setup(bundler) {
    bundler.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `export default process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};
