import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Use } from '../src/config/node-file-path.ts';
import { evaluateChunk, isCommandLine, isPlugin } from '../src/system/chunk.ts';
import { build } from './paths.ts';
import { rehearse } from './rehearsal.ts';

/** What is run of which chunk. Each in a process of its own: V8 keeps what it has compiled of a chunk before. */
const caches: Readonly<Record<string, () => Promise<void>>> = {
  'hot.file': async () => writePluginCache('file'),
  'hot.cluster': async () => writePluginCache('cluster'),
  'hot.agent': async () => writePluginCache('agent'),
  'hot.native': async () => writePluginCache('native'),
  cold: async () =>
    writeCodeCache({ chunk: 'cold', cache: 'cold' }, async (exports) => {
      if (!isCommandLine(exports)) throw new TypeError('build/cold.cjs exports no main()');
      await exports.main(['--help']);
      await exports.main(['version']);
    }),
};
await caches[process.argv[2] ?? '']?.();

async function writePluginCache(use: Use): Promise<void> {
  await writeCodeCache({ chunk: 'hot', cache: `hot.${use}` }, async (exports) => {
    if (!isPlugin(exports)) throw new TypeError('build/hot.cjs exports no main()');
    await rehearse(exports, use);
  });
}

/** V8's code cache holds what has been compiled so far, and functions are compiled when they run: so run first. */
async function writeCodeCache(
  { chunk, cache }: { readonly chunk: string; readonly cache: string },
  run: (exports: object) => Promise<void>,
): Promise<void> {
  const { exports, script } = evaluateChunk(chunk, readFileSync(join(build, `${chunk}.cjs`), 'latin1'), undefined);
  await run(exports);
  writeFileSync(join(build, `${cache}.cache`), script.createCachedData());
}
