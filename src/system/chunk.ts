import type { Script } from 'node:vm';

type Plugin = typeof import('../plugin/main.ts');
type CommandLine = typeof import('../cli/main.ts');
type Evaluate = (module: { exports: object }, require: (id: string) => object) => void;

/** Or else it runs from source. */
export function isSingleFile(): boolean {
  return process.getBuiltinModule('node:sea').isSea();
}

/** @param use names what V8 has compiled: a wrong guess costs the time to compile the rest */
export async function loadPlugin(use: string): Promise<Plugin> {
  // From source, each module is its own file. The bundler leaves these imports alone (scripts/bundle.ts).
  return isSingleFile() ? loadAsset('hot', `hot.${use}`, isPlugin) : import('../plugin/main.ts');
}

/** What a person starts, with all the packages that it needs. */
export async function loadCommandLine(): Promise<CommandLine> {
  return isSingleFile() ? loadAsset('cold', 'cold', isCommandLine) : import('../cli/main.ts');
}

/**
 * Evaluates a bundle.
 * @param source CommonJS, ASCII
 * @param cachedData what V8 had compiled after running it when the executable was built (scripts/code-cache.ts)
 */
export function evaluateChunk(
  name: string,
  source: string,
  cachedData: Buffer | undefined,
): { readonly exports: object; readonly script: Script } {
  const vm = process.getBuiltinModule('node:vm');
  const script = new vm.Script(`(function (module, require) {${source}\n})`, { filename: `${name}.cjs`, cachedData });
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- the build made this script; its type is known here only
  const evaluate: Evaluate = script.runInThisContext();
  const module: { exports: object } = { exports: {} };
  evaluate(module, requireBuiltin);
  return { exports: module.exports, script };
}

export function isPlugin(exports: object): exports is Plugin {
  return 'main' in exports;
}

export function isCommandLine(exports: object): exports is CommandLine {
  return 'main' in exports;
}

/** @param prepared the name of what V8 has compiled of it (scripts/code-cache.ts) */
function loadAsset<T extends object>(name: string, prepared: string, isWhole: (exports: object) => exports is T): T {
  const { getAssetKeys, getRawAsset } = process.getBuiltinModule('node:sea');
  // The code cache depends on the processor: an executable that was built for another has none.
  const cache = `${prepared}.cache`;
  const cachedData = getAssetKeys().includes(cache) ? Buffer.from(getRawAsset(cache)) : undefined;
  // latin1 gives V8 a one-byte string without a UTF-8 decoder's pass.
  const { exports } = evaluateChunk(name, Buffer.from(getRawAsset(`${name}.cjs`)).toString('latin1'), cachedData);
  if (isWhole(exports)) return exports;
  throw new TypeError(`This executable is damaged: its ${name} part exports no main()`);
}

function requireBuiltin(id: string): object {
  const builtin = process.getBuiltinModule(id);
  if (builtin === undefined)
    throw new TypeError(`A part of this executable asks for a module that is not Node's: ${id}`);
  return builtin;
}
