import type { Script } from 'node:vm';

type CommandLine = typeof import('../cli/main.ts');
type Evaluate = (module: { exports: Partial<CommandLine> }, require: (id: string) => object) => void;

/**
 * Runs the command line, which is a chunk of its own: the plugin must not pay for loading it.
 *
 * @returns the exit code
 */
export async function runCommandLine(): Promise<number> {
  const { main } = process.getBuiltinModule('node:sea').isSea() ? loadAsset() : await loadSource();
  return main(process.argv.slice(2));
}

/**
 * Evaluates the bundled command line.
 *
 * @param source the bundle: CommonJS, ASCII
 * @param cachedData what V8 compiled it to when the executable was built
 */
export function compileCold(source: string, cachedData: Buffer | undefined): CommandLine & { readonly script: Script } {
  const vm = process.getBuiltinModule('node:vm');
  const script = new vm.Script(`(function (module, require) {${source}\n})`, { filename: 'cold.cjs', cachedData });
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- the build made this script; its type is known here only
  const evaluate: Evaluate = script.runInThisContext();
  const module: { exports: Partial<CommandLine> } = { exports: {} };
  evaluate(module, requireBuiltin);
  const { main } = module.exports;
  if (main === undefined) throw new TypeError('The command line of this executable is damaged: it exports no main()');
  return { main, script };
}

/** From source, each module is its own file. The bundler leaves this import alone (scripts/bundle.ts). */
async function loadSource(): Promise<CommandLine> {
  return import('../cli/main.ts');
}

function loadAsset(): CommandLine {
  const { getAssetKeys, getRawAsset } = process.getBuiltinModule('node:sea');
  // The code cache depends on the processor: an executable that was built for another has none.
  const cachedData = getAssetKeys().includes('cold.cache') ? Buffer.from(getRawAsset('cold.cache')) : undefined;
  // latin1 gives V8 a one-byte string without a UTF-8 decoder's pass.
  return compileCold(Buffer.from(getRawAsset('cold.cjs')).toString('latin1'), cachedData);
}

function requireBuiltin(id: string): object {
  const builtin = process.getBuiltinModule(id);
  if (builtin === undefined) throw new TypeError(`The command line asks for a module that is not part of Node: ${id}`);
  return builtin;
}
