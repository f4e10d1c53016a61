import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { report } from './report.ts';
import { processTerminal } from './terminal.ts';

/**
 * The command line.
 *
 * @param argv the arguments after the program's name
 * @returns the exit code: 0 done, 1 failed, 2 usage, 3 not found, 4 refused
 */
export async function main(argv: readonly string[], terminal = processTerminal()): Promise<number> {
  let code: number = exitCodes.ok;
  const exitWith = (wanted: number): void => {
    code = wanted;
  };
  try {
    await createProgram(terminal, exitWith).parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return report(terminal, error);
  }
}
