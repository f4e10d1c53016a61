import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkPoolName } from '../../ipam/pool.ts';
import { Failure } from '../../system/failure.ts';
import type { Session } from '../session.ts';
import type { StoreOptions } from '../store-choice.ts';
import { openStore } from '../store-open.ts';
import { withStoreOptions } from '../store-options.ts';
import { type ApplyOptions, applyPools } from './apply.ts';
import { deletePools } from './delete.ts';
import { type GetOptions, getPools } from './get.ts';
import { applyExamples, deleteExamples, getExamples, overview } from './help.ts';

/** `antrea ippool …` */
export function addPoolCommands(program: Command, session: Session): void {
  const ippool = program
    .command('ippool')
    .summary('make, show and delete pools of addresses')
    .description(overview)
    .helpCommand(false);
  addApply(ippool, session);
  addGet(ippool, session);
  addDelete(ippool, session);
}

function addApply(ippool: Command, session: Session): void {
  const command = ippool
    .command('apply')
    .summary('create pools, or change them')
    .description(
      'Creates the pools of a file, or changes them to what it says. The file is YAML or JSON with any number of IPPool objects, v1beta1 or v1alpha2, or Lists of them. All are validated before the first is applied.',
    )
    .requiredOption(
      '-f, --filename <file>',
      'where the pools are described; - is standard input; may be repeated',
      collect,
    )
    .option('--force', 'accept a pool that overlaps with another one on the same VLAN');
  withStoreOptions(command)
    .addHelpText('after', applyExamples)
    .action(async (options: ApplyOptions & StoreOptions) => {
      const { terminal } = session;
      const log = await session.log();
      await applyPools(options, { terminal, open: () => openStore(options, { terminal, log }) });
    });
}

function addGet(ippool: Command, session: Session): void {
  const formats = new Option('-o, --output <format>', 'how to show them: for people, or for machines')
    .choices(['table', 'wide', 'json', 'yaml'])
    .default('table');
  const command = ippool
    .command('get')
    .summary('show pools and how full they are, or who holds their addresses')
    .description(
      'Shows all pools, or the named ones: how many addresses each has, and how many are held. Those that are missing, or cannot be read, are named on stderr.',
    )
    .argument('[name...]', 'names of pools', collectName)
    .option('--addresses', 'show who holds which address, instead')
    .addOption(formats);
  withStoreOptions(command)
    .addHelpText('after', getExamples)
    .action(async (names: readonly string[] = [], options: GetOptions & StoreOptions) => {
      const { terminal } = session;
      const store = await openStore(options, { terminal, log: await session.log() });
      await getPools(names, options, { terminal, store });
    });
}

function addDelete(ippool: Command, session: Session): void {
  const command = ippool
    .command('delete')
    .summary('delete pools that nobody holds an address of')
    .description('Deletes pools. While addresses of a pool are held it is refused, and the pool stays as it was.')
    .argument('<name...>', 'names of pools', collectName);
  withStoreOptions(command)
    .addHelpText('after', deleteExamples)
    .action(async (names: readonly string[], options: StoreOptions) => {
      const { terminal } = session;
      const { pools } = await openStore(options, { terminal, log: await session.log() });
      await deletePools(names, { terminal, pools });
    });
}

/** @throws InvalidArgumentError for commander */
function collectName(name: string, before: readonly string[] = []): readonly string[] {
  try {
    return [...before, checkPoolName({ path: 'pool', value: name })];
  } catch (error) {
    if (error instanceof Failure) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function collect(file: string, before: readonly string[] = []): readonly string[] {
  return [...before, file];
}
