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

/** What vm.Script is made of. */
export interface Script {
  runInContext(...options: ScriptOptions): Evaluate;
  createCachedData(): Buffer;
}

/** This context, no timeout, errors with the line that they are of, no special treatment of SIGINT or of the first line. */
type ScriptOptions = [context: null, timeout: -1, displayErrors: true, breakOnSigint: false, breakOnFirstLine: false];

export type ScriptConstructor = new (
  code: string,
  filename: string,
  lineOffset: number,
  columnOffset: number,
  cachedData: Buffer | undefined,
  produceCachedData: boolean,
  parsingContext: undefined,
  hostDefinedOptionId: symbol,
) => Script;

/**
 * Evaluates a bundle. By way of Node's own binding: node:vm would be compiled first, whose code cache V8 does not take
 * with the options of pkg.config.json (docs/adr/0002-bundle.md). The Node that runs this is part of the executable, and the build tests it.
 * @param source a function of `module` and `require`, ASCII (scripts/bundle.ts)
 * @param cachedData what V8 had compiled after running it when the executable was built (scripts/code-cache.ts)
 */
export function evaluateChunk(
  name: string,
  source: string,
  cachedData: Buffer | undefined,
): { readonly exports: object; readonly script: Script } {
  const { ContextifyScript } = process.binding('contextify');
  const filename = `${name}.cjs`;
  const script = new ContextifyScript(source, filename, 0, 0, cachedData, false, undefined, Symbol(filename));
  const evaluate = script.runInContext(null, -1, true, false, false);
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
