import { Failure, messageOf } from '../../system/failure.ts';
import type { Address } from '../address.ts';
import { fieldOf, textOf } from '../manifest.ts';
import type { Field } from '../manifest.ts';
import type { Allocation, Owner } from '../store.ts';
import { claimant } from './claim.ts';
import { textIn } from './files.ts';
import { addressDir, poolAllocationsDir } from './paths.ts';

/** What a file says about its address. The address is told by the path, so that one prepared file serves any. */
export function encodeAllocation(poolUID: string, owner: Owner): string {
  return `${JSON.stringify({ version: VERSION, poolUID, phase: 'Allocated', owner })}\n`;
}

export interface AllocationKey {
  readonly dataDir: string;
  readonly pool: string;
  readonly address: Address;
}

/**
 * Who holds the address; undefined if nobody.
 * @throws Failure `io` if the file is not one of this store, or of a newer version
 */
export function readAllocation({ dataDir, pool, address }: AllocationKey): Allocation | undefined {
  const dir = addressDir(poolAllocationsDir(dataDir, pool), address);
  for (let tries = 0; ; tries += 1) {
    const id = claimant(dir);
    if (id === undefined) return undefined;
    const path = `${dir}/${id}.json`;
    const text = textIn(path);
    // Released between the two reads: perhaps somebody else holds it by now.
    if (text !== undefined) return { pool, address, version: id, ...decode(path, text) };
    if (tries > MAX_TRIES)
      throw new Failure('io', `${path} is listed but cannot be opened: expected a file; remove it`);
  }
}

const VERSION = 1;
const MAX_TRIES = 1000;

function decode(path: string, text: string): Pick<Allocation, 'poolUID' | 'phase' | 'owner'> {
  try {
    const root: Field = { path: '', value: JSON.parse(text) };
    const { value: version } = fieldOf(root, 'version');
    if (version !== VERSION) throw new Error(`version is ${JSON.stringify(version)}: this program reads ${VERSION}`);
    const { value: phase } = fieldOf(root, 'phase');
    return {
      poolUID: textAt(root, 'poolUID'),
      phase: phase === 'Reserved' ? 'Reserved' : 'Allocated',
      owner: readOwner(fieldOf(root, 'owner')),
    };
  } catch (error) {
    const advice = 'expected the record of an allocation; remove its directory if nothing uses the address';
    throw new Failure('io', `${path} cannot be read: ${messageOf(error)}; ${advice}`, { cause: error });
  }
}

function readOwner(field: Field): Owner {
  const pod = fieldOf(field, 'pod');
  return {
    network: textAt(field, 'network'),
    pod: {
      namespace: textAt(pod, 'namespace'),
      name: textAt(pod, 'name'),
      uid: textAt(pod, 'uid'),
      containerID: textAt(pod, 'containerID'),
      ifName: textAt(pod, 'ifName'),
      node: textAt(pod, 'node'),
    },
  };
}

function textAt(parent: Field, key: string): string {
  return textOf(fieldOf(parent, key), 'a string');
}
