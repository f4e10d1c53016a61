import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeExecutable } from './executable.ts';
import { build } from './paths.ts';
import { readPkgConfig } from './pkg-config.ts';

await makeFloors();

/**
 * `build/floor/empty`: what the same builder makes of the same Node by itself, with nothing in it; and `empty-tuned`, with
 * our options for Node, which no executable of this Node with these can be faster than.
 */
async function makeFloors(): Promise<void> {
  const config = readPkgConfig();
  const { seaConfig } = config;
  const directory = join(build, 'floor');
  const main = join(directory, 'empty.cjs');
  mkdirSync(directory, { recursive: true });
  writeFileSync(main, '');
  const floors = { empty: [], 'empty-tuned': seaConfig.execArgv };
  for (const [name, execArgv] of Object.entries(floors)) {
    const made = { ...config, name, seaConfig: { ...seaConfig, execArgv, assets: {} } };
    await makeExecutable({ config: made, arch: 'x64', main, output: join(directory, name) });
  }
}
