import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backgroundList } from '../../../src/agent/cleanup/background-list.ts';
import { createCleanupMetrics } from '../../../src/agent/cleanup/metrics.ts';
import type { PluginCall } from '../../../src/agent/cleanup/plugin.ts';
import { createRound, type Rounds } from '../../../src/agent/cleanup/round.ts';
import { createSightings } from '../../../src/agent/cleanup/sightings.ts';
import { createTroubles } from '../../../src/agent/cleanup/troubles.ts';
import type { KnownSandboxes } from '../../../src/agent/cri/known.ts';
import { formatAddress } from '../../../src/ipam/address.ts';
import { createFileStore } from '../../../src/ipam/file/store.ts';
import type { Allocation } from '../../../src/ipam/store.ts';
import { attachmentKey } from '../../../src/system/attachment-id.ts';
import { Failure } from '../../../src/system/failure.ts';
import { files } from '../../../src/system/files.ts';
import { fileJournal, type JournalEntry } from '../../../src/system/journal.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { address } from '../../ipam/sample.ts';

const [soon, late] = [1000, 5000];

const resources = createResources();
let dataDir: string;
let now: number;
let held: Allocation[];
let released: string[];
let called: string[];
/** What becomes of a call of the plugin. */
let onCall: (call: PluginCall) => void;
let trusted: boolean;
const ending = { signal: new AbortController().signal };
beforeEach(async () => {
  dataDir = (await resources.use(makeTempDir('round'))).path;
  [now, held, released, called, trusted] = [0, [], [], [], true];
  onCall = forget;
  ending.signal = new AbortController().signal;
});
afterEach(resources.release);

function allocation(text: string, containerID: string, uid = 'u'): Allocation {
  const pod = { namespace: 'n', name: 'p', uid, containerID, ifName: 'net1', node: 'node-1' };
  const owner = { network: 'blue', pod };
  return { pool: 'a', poolUID: '', address: address(text), phase: 'Allocated', owner, version: '1' };
}

function entryOf(containerID: string): JournalEntry {
  const id = { containerID, ifname: 'net1' };
  const facts = { network: 'blue', netns: `${dataDir}/gone`, hostInterface: `av${attachmentKey(id).slice(0, 13)}` };
  return { ...id, ...facts, pools: [], addresses: [], confirmed: true };
}

/** As the plugin does at the end of a DEL. */
function forget({ containerID = '', ifname = '' }: PluginCall): void {
  fileJournal(files, dataDir).remove({ containerID, ifname });
}

function clock(): number {
  return now;
}

interface Bench {
  /** A round so many milliseconds after the one before, and the list that it may have asked for. */
  readonly round: (after?: number) => Promise<void>;
  readonly metric: (name: string) => Promise<number | undefined>;
}

function start(more: Partial<Rounds> = {}): Bench {
  const registry = new Registry();
  const metrics = createCleanupMetrics(registry);
  const troubles = createTroubles({ log: () => {}, metrics });
  const look = createRound({
    node: { dataDir },
    timeout: 1000,
    files,
    plugin: {
      type: 'antrea',
      call: async (call) => {
        called.push(String(call.containerID));
        onCall(call);
      },
    },
    store: {
      ...createFileStore({ dataDir }),
      release: async (one) => {
        released.push(formatAddress(one.address));
        return 'released';
      },
    },
    ports: async () => [],
    allocations: backgroundList({ read: async () => [...held], clock }),
    maxAge: 60_000,
    runtimes: async () => ({ stateOf: () => (trusted ? 'absent' : 'unknown'), trusted, problem: undefined }),
    sightings: createSightings({ soon, late }),
    rebooted: false,
    patience: late,
    troubles,
    metrics,
    log: () => {},
    signal: ending.signal,
    clock,
    ...more,
  });
  return {
    round: async (after = 0) => {
      now += after;
      await look();
      await new Promise(setImmediate);
    },
    metric: async (name) => {
      const line = (await registry.metrics()).split('\n').find((one) => one.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.split(' ')[1]);
    },
  };
}

describe('an address that nothing else knows of', () => {
  it('is released when it is on a list that was read after its time had come', async () => {
    held = [allocation('10.0.0.5', 'c1')];
    const { round } = start();
    // The first list, the first sighting, and its time.
    for (const after of [0, 10, soon]) await round(after);
    expect(released).toEqual([]);
    // The next list, which is another one than that of the very same moment.
    for (const after of [10, 10]) await round(after);
    expect(released).toEqual(['10.0.0.5']);
  });

  it('is left alone when a DEL has freed it meanwhile, though the list of before has it', async () => {
    held = [allocation('10.0.0.5', 'c1')];
    const { round } = start();
    for (const after of [0, 10]) await round(after);
    held = [];
    for (const after of [soon, 10, 10]) await round(after);
    expect(released).toEqual([]);
  });

  it("is left alone when it is no Pod's, and when the runtime does not say which Pods there are", async () => {
    held = [allocation('10.0.0.5', 'podman', ''), allocation('10.0.0.6', 'c1')];
    trusted = false;
    const { round } = start();
    for (const after of [0, 10, late, late]) await round(after);
    expect(released).toEqual([]);
    trusted = true;
    for (const after of [10, soon, 10, 10]) await round(after);
    expect(released).toEqual(['10.0.0.6']);
  });
});

describe('an attachment whose namespace is gone', () => {
  it('is taken away after its time, and is not looked for any more', async () => {
    fileJournal(files, dataDir).write(entryOf('c1'));
    const { round, metric } = start();
    await round();
    expect(await metric('antrea_agent_cleanup_sandboxes{state="waiting"}')).toBe(1);
    await round(soon);
    expect(called).toEqual(['c1']);
    await round(10);
    expect(called).toEqual(['c1']);
    expect(await metric('antrea_agent_cleanup_sandboxes{state="waiting"}')).toBe(0);
  });

  it('has its whole time again when it comes anew', async () => {
    fileJournal(files, dataDir).write(entryOf('c1'));
    const { round } = start();
    for (const after of [0, soon]) await round(after);
    fileJournal(files, dataDir).write(entryOf('c1'));
    for (const after of [10, 10]) await round(after);
    expect(called).toEqual(['c1']);
    await round(soon);
    expect(called).toEqual(['c1', 'c1']);
  });

  it('is tried again, later and later, when it cannot be taken away, and holds up no other', async () => {
    for (const id of ['c1', 'c2']) fileJournal(files, dataDir).write(entryOf(id));
    onCall = (call) => {
      if (call.containerID === 'c1') throw new Failure('unavailable', 'Open vSwitch is away');
      forget(call);
    };
    const { round, metric } = start();
    for (const after of [0, soon, 10]) await round(after);
    expect(called.toSorted()).toEqual(['c1', 'c2']);
    expect(await metric('antrea_agent_cleanup_sandboxes{state="pending"}')).toBe(1);
    expect(await metric('antrea_agent_cleanup_failures_total{what="release"}')).toBe(1);
    await round(5000);
    expect(called).toHaveLength(3);
  });

  it('is not said to be taken away when the journal knows it still', async () => {
    fileJournal(files, dataDir).write(entryOf('c1'));
    onCall = () => {};
    const { round, metric } = start();
    for (const after of [0, soon]) await round(after);
    expect(await metric('antrea_agent_cleanup_removed_total{what="attachment"}')).toBeUndefined();
    expect(await metric('antrea_agent_cleanup_sandboxes{state="pending"}')).toBe(1);
  });

  it('is left to the next agent when this one ends', async () => {
    for (const id of ['c1', 'c2', 'c3', 'c4', 'c5', 'c6']) fileJournal(files, dataDir).write(entryOf(id));
    const controller = new AbortController();
    ending.signal = controller.signal;
    onCall = () => controller.abort();
    const { round, metric } = start();
    for (const after of [0, soon]) await round(after);
    expect(called.length).toBeLessThan(6);
    expect(await metric('antrea_agent_cleanup_failures_total{what="release"}')).toBeUndefined();
  });
});

const notReady: KnownSandboxes = { stateOf: () => 'not-ready', trusted: true, problem: undefined };

describe('after a reboot', () => {
  it('what was there before goes soon, and what has come since when it is seen to be gone for longer', async () => {
    fileJournal(files, dataDir).write(entryOf('old'));
    const { round } = start({ rebooted: true, runtimes: async () => notReady });
    await round();
    fileJournal(files, dataDir).write(entryOf('new'));
    await round(10);
    await round(soon);
    expect(called).toEqual(['old']);
    await round(late);
    expect(called).toEqual(['old', 'new']);
  });
});
