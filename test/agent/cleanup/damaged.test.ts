import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDamagedLook, type Known } from '../../../src/agent/cleanup/damaged.ts';
import { files } from '../../../src/system/files.ts';
import { attachmentKey, hostInterfaceName } from '../../../src/system/attachment-id.ts';
import { ownProcess } from '../../../src/system/processes.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
const torn = { containerID: 'c1', ifname: 'net1' };
const whole = { containerID: 'c2', ifname: 'net1' };
const patience = 1000;

let dataDir: string;
let now: number;
let links: readonly string[];
let said: string[];
let counts: object;
let removed: string[];
let look: (known?: Partial<Known>) => void;

beforeEach(async () => {
  dataDir = (await resources.use(makeTempDir('damaged'))).path;
  [now, links, said, counts, removed] = [0, [], [], {}, []];
  for (const folder of ['attachments', 'sandboxes']) mkdirSync(join(dataDir, folder));
  for (const id of [torn, whole]) writeFileSync(fileOf('attachments', id), '');
  const exists = (path: string): boolean => links.some((name) => path.endsWith(`/${name}`));
  const lookAt = createDamagedLook({
    files: { ...files, exists },
    dataDir,
    patience,
    metrics: { damaged: (all) => (counts = all), removed: (what) => removed.push(what) },
    log: (_, message, facts) => said.push(`${message} ${JSON.stringify(facts)}`),
    clock: () => now,
  });
  look = (known) => lookAt({ entries: [whole], records: [], holders: [], isWhole: () => true, ...known });
});
afterEach(resources.release);

function fileOf(folder: string, id: typeof torn): string {
  return join(dataDir, folder, `${attachmentKey(id)}.json`);
}

function left(): readonly string[] {
  return readdirSync(join(dataDir, 'attachments')).map((name) => join(dataDir, 'attachments', name));
}

describe('an entry of the journal that cannot be read', () => {
  it('is told of once, counted, and removed when its attachment had nothing else for long enough', () => {
    look();
    expect([counts, said]).toEqual([{ attachment: 0, sandbox: 0 }, []]);
    look();
    look();
    expect(counts).toEqual({ attachment: 1, sandbox: 0 });
    expect(said).toEqual([expect.stringContaining(`{"path":"${fileOf('attachments', torn)}"}`)]);
    now = patience - 1;
    look();
    expect(left()).toHaveLength(2);
    now = patience;
    look();
    expect(left()).toEqual([fileOf('attachments', whole)]);
    expect(removed).toEqual(['entry']);
    look();
    expect(counts).toEqual({ attachment: 0, sandbox: 0 });
  });

  it.each<[string, () => Partial<Known>]>([
    ['a port, or an address', () => ({ holders: [torn] })],
    ['a port, perhaps: Open vSwitch cannot be asked', () => ({ isWhole: () => false })],
    [
      'a link',
      () => {
        links = [hostInterfaceName(torn)];
        return {};
      },
    ],
    [
      'a call that works on it',
      () => {
        const { pid, started } = ownProcess();
        const lock = join(dataDir, 'locks', attachmentKey(torn));
        mkdirSync(lock, { recursive: true });
        writeFileSync(join(lock, `${pid}.${started}`), '');
        return {};
      },
    ],
  ])('stays while its attachment has %s', (_, prepare) => {
    const known = prepare();
    look(known);
    look(known);
    now = 10 * patience;
    look(known);
    expect(left()).toHaveLength(2);
    expect(counts).toEqual({ attachment: 1, sandbox: 0 });
  });

  it('is none when it was written while the others were read', () => {
    look();
    look({ entries: [whole, torn] });
    expect([counts, said]).toEqual([{ attachment: 0, sandbox: 0 }, []]);
  });
});

describe('a record of a Pod that cannot be read', () => {
  it('is told of, and stays: its name does not tell what the Pod has', () => {
    writeFileSync(fileOf('sandboxes', torn), '{');
    look({ entries: [whole, torn] });
    look({ entries: [whole, torn] });
    now = 10 * patience;
    look({ entries: [whole, torn] });
    expect(counts).toEqual({ attachment: 0, sandbox: 1 });
    expect(readdirSync(join(dataDir, 'sandboxes'))).toHaveLength(1);
  });
});
