import { Command } from 'commander';
import { addAgentCommand } from './agent/command.ts';
import { addCheckCommand } from './check/command.ts';
import { addControllerCommand } from './controller/command.ts';
import { addExplainCommand } from './explain/command.ts';
import { addInstallCommand } from './install/command.ts';
import { addPoolCommands } from './ippool/command.ts';
import { overview, workflow } from './help.ts';
import { printableLines } from './output/printable.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { openLog } from './verbose.ts';
import { addVersionCommand, currentVersion } from './version.ts';

/** Every command, with its help. `exitWith` takes the exit code of one that has done its work. */
export function createProgram(terminal: Terminal, exitWith: Session['exitWith']): Command {
  const width = terminal.columns ?? 100;
  const program = new Command('antrea')
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({
      writeOut: terminal.out,
      // What is wrong is told with the very words that were typed, or that a script has put there.
      writeErr: (text) => terminal.err(printableLines(text).join('\n')),
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
    })
    .configureHelp({ showGlobalOptions: true })
    .helpCommand('help [command]', 'the same as --help')
    .version(`antrea ${currentVersion().version}`, '--version', 'show the version')
    .description(overview)
    .option('-v, --verbose', 'log what is read and written, as JSON lines on stderr')
    .addHelpText('after', workflow);
  program.hook('preAction', (_, command) => refuseEmpty(command));
  // Known to all, and a line in the help of each command.
  program.options.find(({ long }) => long === '--version')?.hideHelp();
  const session: Session = {
    terminal,
    log: () => openLog(terminal, program.opts<{ verbose?: true }>().verbose === true),
    exitWith,
  };
  addPoolCommands(program, session);
  addExplainCommand(program, session);
  addCheckCommand(program, session);
  addAgentCommand(program, session);
  addControllerCommand(program, session);
  addInstallCommand(program, session);
  addVersionCommand(program, session);
  pointToHelp(program, 'antrea');
  return program;
}

/** Where a variable of a script is not set; as a folder or a file, it would be the one that we are in. */
function refuseEmpty(command: Command): void {
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (value === '' || (Array.isArray(value) && value.includes('')))
      command.error(`error: option '${option.flags}' is empty: expected a value, or leave the option out`);
  }
}

/** Below what is wrong with the words that were typed. */
function pointToHelp(command: Command, words: string): void {
  command.showHelpAfterError(`See ${words} --help`);
  for (const one of command.commands) pointToHelp(one, `${words} ${one.name()}`);
}
