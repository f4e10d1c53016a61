import type { PoolAdmin } from '../../ipam/pool-admin.ts';
import { refuseUnknownPoolKeys } from '../../ipam/pool-change.ts';
import { readPool } from '../../ipam/pool.ts';
import { Failure } from '../../system/failure.ts';
import { readManifestText } from './manifest-source.ts';
import { parseManifests } from './manifests.ts';
import type { Manifest, Manifests } from './manifests.ts';
import type { Terminal } from '../terminal.ts';

export interface ApplyOptions {
  /** Paths; `-` is standard input. */
  readonly filename: readonly string[];
  readonly force?: true;
}

/**
 * `ippool apply`: all or nothing as far as the manifests themselves go; what the store refuses then
 * keeps nobody else from being applied.
 * @throws AggregateError of Failures that name file and document
 */
export async function applyPools(
  options: ApplyOptions,
  { terminal, open }: { readonly terminal: Terminal; readonly open: () => Promise<{ readonly pools: PoolAdmin }> },
): Promise<void> {
  const { manifests, problems } = await readAll(options.filename, terminal);
  const checked = check(manifests);
  throwAny([...problems, ...checked.problems]);
  const { pools } = await open();
  const refusals: Failure[] = [];
  for (const { name, where, value } of checked.named) {
    try {
      const outcome = await pools.applyPool(value, { force: options.force === true });
      terminal.out(`ippool.crd.antrea.io/${name} ${outcome}\n`);
    } catch (error) {
      refusals.push(located(error, where));
    }
  }
  throwAny(refusals);
}

async function readAll(paths: readonly string[], { stdin }: Terminal): Promise<Manifests> {
  const read = await Promise.all(paths.map((path) => readOne(path, stdin)));
  const manifests = read.flatMap((one) => one.manifests);
  const problems = read.flatMap((one) => one.problems);
  if (manifests.length > 0 || problems.length > 0) return { manifests, problems };
  return { manifests, problems: [new Failure('config', `${paths.map(nameOfFile).join(', ')}: no IPPool in there`)] };
}

async function readOne(path: string, stdin: Terminal['stdin']): Promise<Manifests> {
  const what = nameOfFile(path);
  try {
    return await parseManifests(readManifestText(path === '-' ? stdin : path, what), what);
  } catch (error) {
    if (error instanceof Failure) return { manifests: [], problems: [error] };
    throw error;
  }
}

function nameOfFile(path: string): string {
  return path === '-' ? 'standard input' : path;
}

interface NamedManifest extends Manifest {
  readonly name: string;
}

function check(manifests: readonly Manifest[]): { named: readonly NamedManifest[]; problems: readonly Failure[] } {
  const byName = new Map<string, NamedManifest>();
  const problems: Failure[] = [];
  for (const manifest of manifests) {
    try {
      const name = nameOf(manifest);
      const first = byName.get(name);
      if (first !== undefined) throw new Failure('config', `pool ${name} is already in ${first.where}`);
      byName.set(name, { ...manifest, name });
    } catch (error) {
      problems.push(located(error, manifest.where));
    }
  }
  return { named: [...byName.values()], problems };
}

function nameOf({ value }: Manifest): string {
  refuseUnknownPoolKeys(value);
  return readPool(value).name;
}

function located(error: unknown, where: string): Failure {
  if (!(error instanceof Failure)) throw error;
  const details = error.details === undefined ? {} : { details: error.details };
  return new Failure(error.kind, `${where}: ${error.message}`, { ...details, cause: error });
}

function throwAny(failures: readonly Failure[]): void {
  if (failures.length > 0) throw new AggregateError(failures);
}
