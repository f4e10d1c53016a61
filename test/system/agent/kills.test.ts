import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import { journalPath, moveJournal } from '../../../src/agent/move/journal.ts';
import { bootID } from '../../../src/system/boot-id.ts';
import { files } from '../../../src/system/files.ts';
import { resourcesOf } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { reaches } from '../bed.ts';
import {
  addressNode,
  connectivity,
  addressed,
  expectConnected,
  startAgentBed,
  type Agent,
  type AgentBed,
} from './bed.ts';
import { podsOf, type Pods } from './pods.ts';

// The journal is renamed into its place before each step of a move: killed at one of them, the agent has done all that
// comes before, and nothing else.

async function start(context: TestContext): Promise<AgentBed> {
  const bed = await resourcesOf(context).use(startAgentBed(['eth1'], { cluster: true }));
  await addressNode(bed, 'eth1');
  noteBoot(bed);
  bed.configure({
    ovsBridges: [{ bridgeName: 'br-sec', physicalInterfaces: ['eth1'] }],
    allowManagementInterface: true,
  });
  return bed;
}

/** What comes before, in each start: the agent's socket is renamed into its place, too. */
const before = 1;
/** The begin, three steps, and the end of the way there; then the begin of the way back, and its two steps. */
const there = [1, 2, 3, 4, 5] as const;
const back = [6, 7, 8] as const;

/** The first start would do it, by one rename more. */
function noteBoot({ dataDir }: AgentBed): void {
  mkdirSync(join(dataDir, 'agent'), { recursive: true });
  writeFileSync(join(dataDir, 'agent/boot.json'), JSON.stringify({ version: 1, boot: bootID() }));
}

function killedAt(bed: AgentBed, nth: number, syscall = 'rename'): Agent {
  const inject = `inject=${syscall}:signal=KILL:when=${nth}`;
  return bed.startAgent(['strace', '-o', '/dev/null', '-e', `trace=${syscall}`, '-e', inject]);
}

/** The bridge is there by the first step. */
async function streamBetweenPods(pods: Pods): Promise<ReturnType<Pods['stream']>> {
  const [one, two] = [await pods.attach('10.1.0.1'), await pods.attach('10.1.0.2')];
  await until(() => reaches(one, two.address), { what: 'an answer of the other Pod', everyMs: 100 });
  return pods.stream(one, two.address);
}

async function ended(agent: Agent): Promise<void> {
  await until(() => !agent.running(), { what: 'the death of the agent' });
}

/** SIGTERM to the agent, and not to the strace that it runs under. */
async function terminate(bed: AgentBed, agent: Agent): Promise<void> {
  await bed.node.exec('pkill', '-TERM', '-P', String(agent.pid()));
}

/** The time of the move is half a minute: as if it were over. */
function endTime({ dataDir }: AgentBed): void {
  const journal = moveJournal(files, journalPath(dataDir));
  const move = journal.read();
  expect(move?.deadline).toBeLessThanOrEqual(Date.now() + 30_000);
  if (move !== undefined) journal.write({ ...move, deadline: Date.now() });
}

/** Whether the process lives that ends a move in the agent's place: it may have that before it, though all is as it was. */
async function isWatched({ node, dataDir }: AgentBed): Promise<boolean> {
  const pattern = `agent-watchdo[g] --data-dir ${dataDir}`;
  return node.exec('pgrep', '-f', pattern).then(
    () => true,
    () => false,
  );
}

async function kill(bed: AgentBed, nth: number): Promise<void> {
  const agent = killedAt(bed, before + nth);
  if (back.some((one) => one === nth)) {
    await bed.ready();
    await terminate(bed, agent);
  }
  await ended(agent);
}

test.concurrent(
  'an agent that is killed at any step of a move, and started again, ends where it wanted to',
  { timeout: 600_000 },
  async (context) => {
    const bed = await start(context);
    const pods = podsOf(bed, 'br-sec');
    resourcesOf(context).defer(pods.stop);
    let end: ReturnType<typeof pods.stream> | undefined;
    for (const nth of [...there, ...back]) {
      await kill(bed, nth);
      end ??= await streamBetweenPods(pods);
      const next = bed.startAgent();
      await bed.ready();
      expect(await bed.ovs.ports('br-sec'), `killed at ${nth}`).toEqual(expect.arrayContaining(['eth1', 'eth1~']));
      await expectConnected(bed, 'eth1');
      await next.end();
      expect(await connectivity(bed, 'eth1'), `killed at ${nth}, and ended`).toEqual(addressed);
      await expectConnected(bed, 'eth1');
    }
    expect((await end?.())?.lost).toBeLessThanOrEqual(1);
  },
);

test.concurrent(
  'an agent that is killed at any step of a move, and not started again, does not cut the Node off',
  { timeout: 600_000 },
  async (context) => {
    // The last kill of the way there leaves nothing to do but to write that it is done.
    await Promise.all(
      [2, 3, 4, 5, 7, 8].map(async (nth) => {
        const bed = await start(context);
        await kill(bed, nth);
        expect(await isWatched(bed)).toBe(true);
        endTime(bed);
        const isOver = async (): Promise<boolean> => !(await isWatched(bed));
        await until(isOver, { what: `the end of the watchdog, killed at ${nth}`, everyMs: 500 });
        await expectConnected(bed, 'eth1');
      }),
    );
  },
);

test.concurrent(
  'an agent that is killed between two steps, before it runs ip or connects to Open vSwitch, is the same',
  { timeout: 600_000 },
  async (context) => {
    const bed = await start(context);
    const moments = [
      ...[9, 10, 11, 12, 13, 14, 15, 16, 17, 18].map((nth) => ['clone', nth] as const),
      ...[3, 4, 5, 6, 7, 8].map((nth) => ['connect', nth] as const),
    ];
    for (const [syscall, nth] of moments) {
      const agent = killedAt(bed, nth, syscall);
      // How often it looks for the port depends on how fast that comes: it may be ready before.
      const isOver = async (): Promise<boolean> => !agent.running() || (await bed.readyz()) === 'ok';
      await until(isOver, { what: 'the death of the agent', everyMs: 50 });
      await agent.kill();
      const next = bed.startAgent();
      await bed.ready();
      expect(await bed.ovs.ports('br-sec'), `killed before ${syscall} ${nth}`).toEqual(['eth1', 'eth1~']);
      await expectConnected(bed, 'eth1');
      await next.end();
      await expectConnected(bed, 'eth1');
    }
  },
);
