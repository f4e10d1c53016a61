import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PkgConfig, Target } from './pkg-config.ts';
import { cache, root } from './paths.ts';
import { stripElf } from './strip-elf.ts';

/**
 * Puts Node's executable where pkg looks for one that it has downloaded and unpacked before, so that
 * it fetches nothing. The executable comes from npm, and is stripped: 18 MB less.
 *
 * @param home what pkg will take for the home directory
 */
export function provideBaseNode(config: PkgConfig, target: Target, home: string): void {
  const version = target.nodeRange.replace('node', '');
  const name = join(home, '.pkg-cache', 'sea', `node-v${version}-linux-${target.arch}`);
  const node = join(name, 'bin', 'node');
  if (existsSync(`${node}.ok`)) return;
  mkdirSync(dirname(node), { recursive: true });
  writeFileSync(node, stripElf(readFileSync(npmNode(config, target.arch, version))), { mode: 0o755 });
  for (const mark of [`${name}.tar.gz`, `${name}.tar.gz.ok`, `${node}.ok`]) writeFileSync(mark, '');
}

function npmNode(config: PkgConfig, arch: Target['arch'], version: string): string {
  if (arch === process.arch && `v${version}` === process.version) return process.execPath;
  if (arch === process.arch)
    throw new Error(`pkg.config.json wants Node ${version}, but this is ${process.version}: use npm run`);
  return unpacked(config, `node-linux-${arch}@${version}`);
}

/** npm refuses to install a package for another processor, so this one cannot be a dependency. */
function unpacked(config: PkgConfig, spec: string): string {
  const directory = join(cache, spec);
  const node = join(directory, 'package', 'bin', 'node');
  if (existsSync(node)) return node;
  const partial = `${directory}.partial`;
  mkdirSync(partial, { recursive: true });
  const archive = npmPack(spec, partial);
  verify(archive, spec, config.integrity[spec]);
  execFileSync('tar', ['-xzf', archive, '-C', partial, 'package/bin/node'], { stdio: 'inherit' });
  renameSync(partial, directory);
  return node;
}

function npmPack(spec: string, directory: string): string {
  const args = ['pack', spec, '--silent', '--pack-destination', directory, '--cache', join(cache, 'npm')];
  try {
    const name = execFileSync('npm', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).trim();
    return join(directory, name);
  } catch (cause) {
    throw new Error(`npm could not fetch ${spec}, the base of the cross-built executable: is the registry reachable?`, {
      cause,
    });
  }
}

function verify(archive: string, spec: string, expected: string | undefined): void {
  const actual = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (actual !== expected)
    throw new Error(
      `${spec} is not what pkg.config.json pins: ${actual}, expected ${expected ?? 'an entry in "integrity"'}`,
    );
}
