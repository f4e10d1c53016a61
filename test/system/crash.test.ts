import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attachmentKey } from '../../src/system/attachment-id.ts';
import { resultOf, succeeded } from '../fixture/outcome.ts';
import {
  describe as described,
  removeStandIns,
  runUntil as runUntilMoment,
  victims,
  type Moment,
} from './stress/commands.ts';
import { runUntil as runUntilEffect, traceEffects } from './stress/effects.ts';
import { eachOf } from './stress/each-of.ts';
import { describe as exchanged, runUntil as runUntilExchange, type Exchange } from './stress/exchange.ts';
import { startScene, type Mode, type Sandbox, type Scene } from './stress/scene.ts';

// A plugin is killed by SIGKILL at each moment at which it has done one thing more; then DEL, or GC, comes at once.

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(async () => {
  await scene.stop();
  await removeStandIns();
});

interface Program extends Pick<Moment, 'command' | 'nth'> {
  readonly unobserved?: Moment['when'];
}

/** Nobody waits for the end of `ip`, which in ADD is what the others have become. */
const programs = {
  ADD: [
    { command: 'nsenter', nth: 1, unobserved: 'after' },
    { command: 'sh', nth: 1, unobserved: 'after' },
    { command: 'ip', nth: 1, unobserved: 'after' },
    // Of the host's end.
    { command: 'nsenter', nth: 2 },
  ],
  DEL: [
    { command: 'sh', nth: 1 },
    { command: 'ip', nth: 1, unobserved: 'after' },
  ],
} as const satisfies Record<string, readonly Program[]>;
type Verb = keyof typeof programs;

/** ADD asks for the bridge, for a port, and for what became of it; DEL for which port it is, and for its removal. */
const requests = { ADD: 3, DEL: 2 } as const satisfies Record<Verb, number>;

describe.each([
  { verb: 'ADD', mode: 'vlan' },
  { verb: 'ADD', mode: 'ipam' },
  { verb: 'DEL', mode: 'vlan' },
  { verb: 'DEL', mode: 'ipam' },
] as const)('$verb ($mode) killed after each of its effects', { timeout: 600_000 }, ({ verb, mode }) => {
  const network = `${verb}-${mode}`.toLowerCase();

  test('leaves nothing after DEL, and a new ADD works', async () => {
    const failures = await eachOf(await killers(verb, mode), async (kill) => {
      const sandbox = await prepared(verb, scene.sandbox(mode, network));
      await kill.run(sandbox);
      succeeded(await scene.runtime.del(sandbox));
      expect(await scene.left(sandbox)).toEqual([]);
      resultOf(await scene.runtime.add(sandbox));
      succeeded(await scene.runtime.del(sandbox));
    });
    expect(failures).toEqual([]);
  });

  test('leaves nothing after GC, and a new ADD works', async () => {
    const sandboxes: Sandbox[] = [];
    const failures = await eachOf(await killers(verb, mode), async (kill) => {
      const sandbox = await prepared(verb, scene.sandbox(mode, network));
      await kill.run(sandbox);
      sandboxes.push(sandbox);
    });
    expect(failures).toEqual([]);
    succeeded(await scene.collect(mode, network));
    expect(await scene.left(...sandboxes)).toEqual([]);
    const again = await eachOf(
      sandboxes.map((sandbox) => ({ name: sandbox.ifname, sandbox })),
      async ({ sandbox }) => {
        resultOf(await scene.runtime.add(sandbox));
      },
    );
    expect(again).toEqual([]);
    succeeded(await scene.collect(mode, network));
    expect(await scene.left(...sandboxes)).toEqual([]);
  });
});

interface Killer {
  readonly name: string;
  readonly run: (sandbox: Sandbox) => Promise<void>;
}

async function prepared(verb: Verb, sandbox: Sandbox): Promise<Sandbox> {
  if (verb === 'DEL') resultOf(await scene.runtime.add(sandbox));
  return sandbox;
}

/** Every way to die in the verb: before each system call that does something, and around each program that it runs. */
async function killers(verb: Verb, mode: Mode): Promise<readonly Killer[]> {
  const invocation = (sandbox: Sandbox) => scene.runtime.invocation(verb, sandbox);
  const effects = await effectsOf(verb, mode);
  const moments = victims.flatMap((victim) => momentsOf(programs[verb]).map((moment) => ({ ...moment, victim })));
  const wiring = mode === 'ipam' ? { moments: [], exchanges: [] } : { moments, exchanges: exchangesOf(verb) };
  return [
    ...wiring.exchanges.map((exchange) => ({
      name: exchanged(exchange),
      run: async (sandbox: Sandbox) => runUntilExchange(scene.node, invocation(sandbox), exchange),
    })),
    ...effects.map((effect) => ({
      name: `before ${effect.text}`,
      run: async (sandbox: Sandbox) => runUntilEffect(invocation(sandbox), effect),
    })),
    ...wiring.moments.map((moment) => ({
      name: described(moment),
      run: async (sandbox: Sandbox) => runUntilMoment(invocation(sandbox), moment, join(scene.node.dataDir, 'locks')),
    })),
  ];
}

function exchangesOf(verb: Verb): readonly Exchange[] {
  return Array.from({ length: requests[verb] }, (_, index) => index + 1).flatMap((nth) => [
    { nth, when: 'before' },
    { nth, when: 'after' },
  ]);
}

function momentsOf(list: readonly Program[]): readonly Omit<Moment, 'victim'>[] {
  return list.flatMap(({ unobserved, ...program }) =>
    (['before', 'after'] as const).filter((when) => when !== unobserved).map((when) => ({ ...program, when })),
  );
}

/** Of a call for which all folders are there already: the same for every sandbox. */
async function effectsOf(verb: Verb, mode: Mode): ReturnType<typeof traceEffects> {
  const sandbox = scene.sandbox(mode);
  resultOf(await scene.runtime.add(sandbox));
  if (verb === 'ADD') succeeded(await scene.runtime.del(sandbox));
  const effects = await traceEffects(scene.runtime.invocation(verb, sandbox), scene.node.dataDir);
  succeeded(await scene.runtime.del(sandbox));
  expect(effects.length).toBeGreaterThan(5);
  return effects;
}

describe.each([
  { damage: 'is cut off', harm: (path: string) => writeFileSync(path, '{"version":1,"containerID":"') },
  { damage: 'is empty', harm: (path: string) => writeFileSync(path, '') },
  { damage: 'is of a version to come', harm: (path: string) => writeFileSync(path, '{"version":2}') },
  { damage: 'is of another attachment', harm: (path: string) => writeFileSync(path, foreignEntry) },
  { damage: 'is lost', harm: (path: string) => rmSync(path) },
] as const)('an attachment whose journal entry $damage', ({ harm, damage }) => {
  test.each([{ mode: 'vlan' }, { mode: 'ipam' }] as const)('is removed by DEL ($mode)', async ({ mode }) => {
    const sandbox = scene.sandbox(mode);
    const prevResult = resultOf(await scene.runtime.add(sandbox));
    harm(journalOf(sandbox));
    // Without port and journal, nothing else tells of an address.
    const isForgotten = mode === 'ipam' && damage === 'is lost';
    succeeded(await scene.runtime.del(isForgotten ? { ...sandbox, prevResult } : sandbox));
    expect(await scene.left(sandbox)).toEqual([]);
  });
});

const foreignEntry = JSON.stringify({
  version: 1,
  containerID: 'somebody',
  ifname: 'else',
  network: 'net',
  netns: '/',
  hostInterface: 'lo',
  pools: [],
  addresses: [],
  confirmed: true,
});

test('GC releases an address of which nothing but the store tells', async () => {
  const sandbox = scene.sandbox('ipam', 'forgotten');
  resultOf(await scene.runtime.add(sandbox));
  rmSync(journalOf(sandbox));
  succeeded(await scene.collect('ipam', 'forgotten'));
  expect(await scene.left(sandbox)).toEqual([]);
});

test('GC sweeps away what calls have left half-made that died long ago', async () => {
  const sandbox = scene.sandbox('ipam', 'swept');
  const folder = join(scene.node.dataDir, 'tmp', 'ipam-4194305-half-made');
  mkdirSync(folder, { recursive: true });
  const old = new Date(Date.now() - 3_600_000);
  utimesSync(folder, old, old);
  succeeded(await scene.collect('ipam', 'swept'));
  expect(existsSync(folder)).toBe(false);
  expect(await scene.left(sandbox)).toEqual([]);
});

test('with the journal lost and the host rebooted, an ADD works and GC is content', async () => {
  const sandbox = scene.sandbox('vlan', 'rebooted');
  resultOf(await scene.runtime.add(sandbox));
  const [host] = await scene.left(sandbox);
  await scene.node.netns.exec('ip', 'link', 'delete', host?.split(' ')[1] ?? '');
  rmSync(join(scene.node.dataDir, 'attachments'), { recursive: true });
  succeeded(await scene.collect('vlan', 'rebooted'));
  expect(await scene.left(sandbox)).toEqual([]);
  resultOf(await scene.runtime.add(sandbox));
  succeeded(await scene.runtime.del(sandbox));
  expect(readdirSync(join(scene.node.dataDir, 'attachments'))).toEqual([]);
});

function journalOf({ containerId: containerID, ifname }: Sandbox): string {
  return join(scene.node.dataDir, 'attachments', `${attachmentKey({ containerID, ifname })}.json`);
}
