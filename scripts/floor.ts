import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeExecutable } from './executable.ts';
import { build } from './paths.ts';
import { readPkgConfig } from './pkg-config.ts';

await makeFloor();

/** `build/floor/empty`: what no single-file executable of this Node can be faster than. Same builder, same flags, nothing in it. */
async function makeFloor(): Promise<void> {
  const config = readPkgConfig();
  const directory = join(build, 'floor');
  const main = join(directory, 'empty.cjs');
  mkdirSync(directory, { recursive: true });
  writeFileSync(main, '');
  const seaConfig = { ...config.seaConfig, assets: {} };
  await makeExecutable({
    config: { ...config, name: 'empty', seaConfig },
    arch: 'x64',
    main,
    output: join(directory, 'empty'),
  });
}
