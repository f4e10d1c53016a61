import type { PoolObject } from '../../ipam/pool-admin.ts';
import { Failure } from '../../system/failure.ts';
import { formatDocument, listOf } from '../output/document.ts';
import { readAllPools, readNamedPools } from '../read-pools.ts';
import type { OpenStore } from '../store-open.ts';
import type { Terminal } from '../terminal.ts';
import { formatAddresses } from './addresses-table.ts';
import { findHolders, holderObjects } from './holders.ts';
import { formatPools } from './pools-table.ts';

export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml';

export interface GetOptions {
  readonly output: OutputFormat;
  readonly addresses?: true;
}

interface Sources {
  readonly terminal: Terminal;
  readonly store: OpenStore;
}

/**
 * `ippool get`: all pools, or the named ones; with `addresses`, who holds what of them. What can be read is shown, whatever
 * is missing or damaged besides.
 * @throws AggregateError of Failures, such as `not-found`
 */
export async function getPools(names: readonly string[], options: GetOptions, sources: Sources): Promise<void> {
  const { store, terminal } = sources;
  const read = names.length === 0 ? await readAllPools(store) : await readNamedPools(store.pools, names);
  const pools = read.flatMap(({ object }) => (object instanceof Failure ? [] : [object]));
  const problems = read.flatMap(({ object }) => (object instanceof Failure ? [object] : []));
  throwAny(pools.length === 0 ? problems : []);
  if (pools.length === 0) terminal.err(noPools);
  if (options.addresses === true) problems.push(...(await showAddresses(pools, options.output, sources)));
  else terminal.out(await formatAll({ pools, output: options.output, single: names.length === 1 }));
  throwAny(problems);
}

function throwAny(problems: readonly Failure[]): void {
  if (problems.length > 0) throw new AggregateError(problems);
}

const noPools = `There are no pools. Make one with:

  antrea ippool apply -f - <<END
  apiVersion: crd.antrea.io/v1beta1
  kind: IPPool
  metadata:
    name: vlan100
  spec:
    ipRanges:
    - cidr: 10.10.1.0/26
    subnetInfo:
      gateway: 10.10.1.1
      prefixLength: 24
      vlan: 100
  END
`;

interface Shown {
  readonly pools: readonly PoolObject[];
  readonly output: OutputFormat;
  /** Whether one pool was asked for by name: then it is the whole document. */
  readonly single: boolean;
}

async function formatAll({ pools, output, single }: Shown): Promise<string> {
  if (output === 'json' || output === 'yaml') return formatDocument(output, single ? pools[0] : listOf(pools));
  return pools.length === 0 ? '' : formatPools(pools, { wide: output === 'wide', now: new Date() });
}

/** @returns why some of them could not be read */
async function showAddresses(
  pools: readonly PoolObject[],
  output: OutputFormat,
  { terminal, store }: Sources,
): Promise<readonly Failure[]> {
  const { holders, problems } = await findHolders(store.allocations, pools);
  if (output === 'json' || output === 'yaml')
    terminal.out(await formatDocument(output, listOf(holderObjects(holders))));
  else if (holders.length > 0) terminal.out(formatAddresses(holders, { wide: output === 'wide' }));
  else if (pools.length > 0) terminal.err('No address is held.\n');
  return problems;
}
