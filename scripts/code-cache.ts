import { readFileSync, writeFileSync } from 'node:fs';
import { compileCold } from '../src/system/cold.ts';

const [source, output] = process.argv.slice(2);
if (source === undefined || output === undefined) throw new TypeError('usage: code-cache.ts SOURCE OUTPUT');
await writeCodeCache(source, output);

/** V8's code cache holds what has been compiled so far, and functions are compiled when they run: so run first. */
async function writeCodeCache(from: string, to: string): Promise<void> {
  const { script, main } = compileCold(readFileSync(from, 'latin1'), undefined);
  await main(['--help']);
  await main(['version']);
  writeFileSync(to, script.createCachedData());
}
