import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from '../../scripts/paths.ts';

export interface Import {
  /** A path from the root of the repository, such as `src/cni/args.ts`. */
  readonly from: string;
  /** The same, or what a package or builtin is called: `node:fs`, `ajv`. */
  readonly to: string;
  /** Erased before it runs. */
  readonly typeOnly: boolean;
}

/** Every static import and re-export of the sources. */
export function readImports(): Import[] {
  return ['bin', 'src'].flatMap(sourceFiles).flatMap(importsOf);
}

/** Also matches over several lines: between `import` and `from` there is no quote and no semicolon. */
const statement = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;

function sourceFiles(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(directory, name));
}

function importsOf(from: string): Import[] {
  const text = readFileSync(join(root, from), 'utf8');
  return [...text.matchAll(statement)].map(([, type, specifier = '']) => ({
    from,
    to: specifier.startsWith('.') ? relative(root, join(root, dirname(from), specifier)) : specifier,
    typeOnly: type !== undefined,
  }));
}
