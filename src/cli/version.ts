import { type Command, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { supportedVersions } from '../cni/version.ts';
import { formatDocument } from './output/document.ts';
import type { Session } from './session.ts';

/** Set by the build (esbuild's `define`); empty when that knows no commit, undefined when run from source. */
declare const ANTREA_COMMIT: string | undefined;

export interface Version {
  readonly version: string;
  readonly cniVersions: readonly string[];
  readonly node: string;
  readonly platform: string;
  /** What it was built from, if that is known. */
  readonly commit?: string;
}

export function currentVersion(): Version {
  return {
    version: manifest.version,
    cniVersions: supportedVersions,
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
    ...(typeof ANTREA_COMMIT === 'string' && ANTREA_COMMIT !== '' && { commit: ANTREA_COMMIT }),
  };
}

/** `antrea version` */
export function addVersionCommand(program: Command, { terminal }: Session): void {
  program
    .command('version')
    .summary('show what this executable is')
    .description(
      'Shows the version of this executable, the versions of CNI that it speaks, and the Node that it contains.',
    )
    .addOption(
      new Option('-o, --output <format>', 'for people, or for machines')
        .choices(['text', 'json', 'yaml'])
        .default('text'),
    )
    .addHelpText('after', '\nExample:\n  antrea version -o json')
    .action(async ({ output }: { readonly output: 'text' | 'json' | 'yaml' }) => {
      const version = currentVersion();
      terminal.out(output === 'text' ? describe(version) : await formatDocument(output, version));
    });
}

function describe({ version, cniVersions, node, platform, commit }: Version): string {
  const lines = [`antrea ${version}`, `CNI ${cniVersions.join(', ')}`, `Node ${node}, ${platform}`];
  return [...lines, ...(commit === undefined ? [] : [`commit ${commit}`])].join('\n').concat('\n');
}
