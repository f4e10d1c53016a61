import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { exec } from '../../system/exec.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatDocument } from '../output/document.ts';
import type { Session } from '../session.ts';
import { namedNodeFile, type StoreOptions } from '../store-choice.ts';
import { withNodeOption } from '../store-options.ts';
import { formatFindings, isReady } from './format.ts';

interface CheckOptions extends Pick<StoreOptions, 'dataDir' | 'nodeConfig'> {
  readonly cniBinDir: string;
  readonly output: 'table' | 'json' | 'yaml';
}

/** `antrea check` */
export function addCheckCommand(program: Command, session: Session): void {
  const command = program
    .command('check')
    .summary('is this Node ready? says what to do about what is not')
    .description(
      'Checks whether Pods can be attached on this Node: libraries, tools, kernel, Open vSwitch and its bridges, Node file, store, pools, and the installed plugin; where the Node file names a cluster, also API server, token, CRDs, admission policies and rights. It leaves all of it as it was. Exit code 0 when no check fails (warnings aside), else 1.',
    )
    .option('--data-dir <dir>', "folder of the store and the journal (default: the Node file's dataDir)")
    .option('--cni-bin-dir <dir>', 'where the container runtime looks for plugins', '/opt/cni/bin')
    .addOption(
      new Option('-o, --output <format>', 'for people, or for machines')
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    );
  withNodeOption(command)
    .addHelpText('after', examples)
    .action(async (options: CheckOptions) => {
      session.exitWith((await check(options, session)) ? exitCodes.ok : exitCodes.failed);
    });
}

const examples = `
Examples:
  antrea check
  antrea check -o json | jq '.checks[] | select(.state != "ok")'`;

async function check(options: CheckOptions, { terminal, log }: Session): Promise<boolean> {
  const { output, cniBinDir, dataDir } = options;
  const { runChecks } = await import('./run.ts');
  const findings = await runChecks({
    exec,
    nodeFile: namedNodeFile(options, terminal.env),
    dataDir: dataDir === undefined ? undefined : resolve(dataDir),
    cniBinDir: resolve(cniBinDir),
    terminal,
  });
  const write = await log();
  for (const finding of findings) write('debug', 'checked', { ...finding });
  const ready = isReady(findings);
  terminal.out(
    output === 'table' ? formatFindings(findings) : await formatDocument(output, { ready, checks: findings }),
  );
  return ready;
}
