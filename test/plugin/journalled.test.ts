import { afterEach, describe, expect, it } from 'vitest';
import type { Assignment, IpamSource } from '../../src/plugin/ipam-source.ts';
import { journalled } from '../../src/plugin/journalled.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { contextOf, unused } from './call-context.ts';

const resources = createResources();
afterEach(resources.release);

const nothing: Assignment = { ips: [], routes: [], dns: {}, vlan: undefined, held: [] };

/** ADD begins to take an address, and fails with the wiring before it has it. @param answer of the store */
async function failWhileAssigning(answer: Promise<Assignment>): Promise<{ log: string[]; failure: unknown }> {
  const { path: dataDir } = await resources.use(makeTempDir('journalled'));
  const log: string[] = [];
  const ipam: IpamSource = {
    pools: ['a'],
    held: async () => [],
    refuse: () => {},
    add: async () => {
      log.push('asked');
      const assignment = await answer;
      log.push('assigned');
      return assignment;
    },
    undo: async () => void log.push('released'),
    del: unused,
    check: unused,
    vlan: unused,
    status: unused,
    gc: unused,
  };
  const attempt = { context: contextOf(dataDir, 'net1'), label: '', hostInterface: '', ipam };
  const failure = await journalled([attempt], async (assign) => {
    void assign().catch(() => {});
    throw new Error('no wiring');
  }).catch((error: unknown) => error);
  return { log, failure };
}

describe('an ADD whose wiring fails while its addresses are being taken', () => {
  it('gives them back, when it has them', async () => {
    const answer = new Promise(setImmediate).then(() => nothing);
    const { log, failure } = await failWhileAssigning(answer);
    expect(log).toStrictEqual(['asked', 'assigned', 'released']);
    expect(failure).toMatchObject({ message: 'no wiring' });
  });

  it('says what is wrong with the addresses, if there are none either', async () => {
    const { log, failure } = await failWhileAssigning(Promise.reject(new Error('all are held')));
    expect(log).toStrictEqual(['asked', 'released']);
    expect(failure).toMatchObject({ message: 'all are held' });
  });
});
