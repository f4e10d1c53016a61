import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluateChunk, isCommandLine, isPlugin } from '../src/system/chunk.ts';
import { build } from './paths.ts';
import { rehearse } from './rehearsal.ts';

// V8's code cache holds what has been compiled so far, and functions are compiled when they run: so run first.
await writeCodeCache('hot', async (exports) => {
  if (!isPlugin(exports)) throw new TypeError('build/hot.cjs exports no main()');
  await rehearse(exports.main);
});
await writeCodeCache('cold', async (exports) => {
  if (!isCommandLine(exports)) throw new TypeError('build/cold.cjs exports no main()');
  await exports.main(['--help']);
  await exports.main(['version']);
});

async function writeCodeCache(name: string, run: (exports: object) => Promise<void>): Promise<void> {
  const { exports, script } = evaluateChunk(name, readFileSync(join(build, `${name}.cjs`), 'latin1'), undefined);
  await run(exports);
  writeFileSync(join(build, `${name}.cache`), script.createCachedData());
}
