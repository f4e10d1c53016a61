import { Command, CommanderError } from 'commander';

/**
 * The command line.
 *
 * @param argv the arguments after the program's name
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('antrea').exitOverride().allowExcessArguments(false);
  program.command('version').action(() => void process.stdout.write('antrea 0.1.0\n'));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
