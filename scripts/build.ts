import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ordinaryOptions } from '../src/system/ordinary-node.ts';
import { bundle } from './bundle.ts';
import { makeExecutable } from './executable.ts';
import { dist, root } from './paths.ts';
import { type PkgConfig, readPkgConfig } from './pkg-config.ts';
import { selfTest } from './self-test.ts';

const { values } = parseArgs({ options: { arm64: { type: 'boolean', default: false } } });
await buildAll(readPkgConfig());

async function buildAll(config: PkgConfig): Promise<void> {
  await bundle();
  writeCodeCaches(config);
  const main = join(root, config.bin);
  const output = join(dist, config.name);
  await makeExecutable({ config, arch: 'x64', main, output, test });
  console.log(`${relative(root, output)} is ready, and passed its own test`);
  if (values.arm64) await makeExecutable({ config, arch: 'arm64', main, output: `${output}-linux-arm64` });
}

/** By the Node that goes into the executable, with the options that it will run with: no other's code cache would do. */
function writeCodeCaches({ seaConfig: { execArgv } }: PkgConfig): void {
  for (const cache of ['hot.file', 'hot.cluster', 'hot.agent', 'hot.native', 'cold']) {
    const options = cache === 'cold' ? [...execArgv, ...ordinaryOptions] : execArgv;
    const args = [...options, 'scripts/code-cache.ts', cache];
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], timeout: 60_000 });
  }
}

/** An executable that lost what was put into it is a plain Node, which runs its standard input, as root: never leave one behind. */
function test(executable: string): void {
  const problems = selfTest(executable);
  if (problems.length > 0)
    throw new Error(
      `The executable failed its own test and was removed:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    );
}
