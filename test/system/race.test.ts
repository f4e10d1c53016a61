import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attachmentKey, hostInterfaceName } from '../../src/system/attachment-id.ts';
import { errorOf, ipsOf, resultOf, succeeded, type Outcome } from '../fixture/outcome.ts';
import { until } from '../fixture/until.ts';
import { pool, startScene, type Mode, type Sandbox, type Scene } from './stress/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

const modes = [{ mode: 'vlan' }, { mode: 'ipam' }] as const;

/** What a whole attachment has: port, link and the Pod's link, and in either mode journal entry and address. */
const whole = { vlan: 5, ipam: 2 } as const;

describe.each(modes)('an ADD and a DEL of one attachment at the same time ($mode)', ({ mode }) => {
  test.each([
    { when: 'at once', seen: () => true },
    { when: 'when the ADD has its lock', seen: hasLock },
    { when: 'when it has written its journal', seen: hasJournal },
    { when: 'when it has an address', seen: hasClaim },
    { when: 'when it has a link', seen: hasLink },
  ])('end with all of it or with nothing: DEL comes $when', async ({ seen }) => {
    for (let round = 0; round < 4; round++) {
      const sandbox = scene.sandbox(mode);
      let isOver = false;
      const adding = scene.runtime.add(sandbox).finally(() => {
        isOver = true;
      });
      await until(() => isOver || seen(sandbox), { what: 'the moment for DEL', everyMs: 1 });
      const [added, deleted] = await Promise.all([adding, scene.runtime.del(sandbox)]);
      succeeded(deleted);
      const left = await scene.left(sandbox);
      expect([0, added.code === 0 ? whole[mode] : 0], left.join(', ')).toContain(left.length);
      succeeded(await scene.runtime.del(sandbox));
      expect(await scene.left(sandbox)).toEqual([]);
    }
  });
});

function hasLock(sandbox: Sandbox): boolean {
  return existsSync(join(scene.node.dataDir, 'locks', keyOf(sandbox)));
}

function hasJournal(sandbox: Sandbox): boolean {
  return existsSync(join(scene.node.dataDir, 'attachments', `${keyOf(sandbox)}.json`));
}

/** No other test holds an address meanwhile. */
function hasClaim(): boolean {
  const allocations = join(scene.node.dataDir, 'allocations', pool);
  return existsSync(allocations) && readdirSync(allocations, { recursive: true, encoding: 'utf8' }).some(isClaim);
}

function isClaim(name: string): boolean {
  return name.endsWith('.json');
}

/** The devices of the Node's namespace are those of any process in it. */
function hasLink({ containerId: containerID, ifname }: Sandbox): boolean {
  const devices = readFileSync(`/proc/${scene.node.ovs.vswitchd.pid()}/net/dev`, 'utf8');
  return devices.includes(hostInterfaceName({ containerID, ifname }));
}

function keyOf({ containerId: containerID, ifname }: Sandbox): string {
  return attachmentKey({ containerID, ifname });
}

test('of the same VLAN attachment asked for three times at once, one is made, and the others undo nothing of it', async () => {
  for (let round = 0; round < 5; round++) {
    const sandbox = scene.sandbox('vlan');
    const outcomes = await threeTimes('add', sandbox);
    const [made, ...more] = outcomes.filter(({ code }) => code === 0);
    expect(more).toEqual([]);
    for (const refused of outcomes.filter((outcome) => outcome !== made)) expect(errorOf(refused).code).toBe(102);
    const prevResult = made?.json;
    succeeded(await scene.runtime.check({ ...sandbox, prevResult }));
    succeeded(await scene.runtime.del({ ...sandbox, prevResult }));
    expect(await scene.left(sandbox)).toEqual([]);
  }
});

test('addresses asked for three times at once are the same three times', async () => {
  for (let round = 0; round < 5; round++) {
    const sandbox = scene.sandbox('ipam');
    const outcomes = await threeTimes('add', sandbox);
    expect(new Set(outcomes.flatMap(ipsOf)).size).toBe(1);
    expect(await scene.left(sandbox)).toHaveLength(whole.ipam);
    succeeded(await scene.runtime.del(sandbox));
    expect(await scene.left(sandbox)).toEqual([]);
  }
});

test.each(modes)('a DEL that comes three times at once succeeds three times ($mode)', async ({ mode }) => {
  const sandbox = scene.sandbox(mode);
  resultOf(await scene.runtime.add(sandbox));
  for (const deleted of await threeTimes('del', sandbox)) succeeded(deleted);
  expect(await scene.left(sandbox)).toEqual([]);
});

async function threeTimes(verb: 'add' | 'del', sandbox: Sandbox): Promise<readonly Outcome[]> {
  const call = scene.runtime[verb];
  return Promise.all([call(sandbox), call(sandbox), call(sandbox)]);
}

describe.each(modes)('the address of an older sandbox ($mode)', ({ mode }) => {
  test.each([
    { journal: 'there', lose: () => undefined },
    {
      journal: 'lost',
      lose: (sandbox: Sandbox) =>
        rmSync(join(scene.node.dataDir, 'attachments', `${keyOf(sandbox)}.json`), { force: true }),
    },
  ])(
    'stays with the newer one that has taken it, when the older is deleted again (journal $journal)',
    async ({ lose }) => {
      const older = asking(mode);
      const prevResult = resultOf(await scene.runtime.add(older));
      succeeded(await scene.runtime.del(older));
      const newer = asking(mode);
      const result = resultOf(await scene.runtime.add(newer));
      lose(older);
      succeeded(await scene.runtime.del({ ...older, prevResult }));
      expect(await scene.left(older)).toEqual([]);
      await keepsAll(mode, newer, result);
    },
  );

  test('goes to the newer one or not, when DEL and ADD come at the same time', async () => {
    for (let round = 0; round < 8; round++) {
      const older = asking(mode);
      const prevResult = resultOf(await scene.runtime.add(older));
      const newer = asking(mode);
      const [deleted, added] = await Promise.all([
        scene.runtime.del({ ...older, prevResult }),
        scene.runtime.add(newer),
        scene.runtime.del({ ...older, prevResult }),
      ]);
      succeeded(deleted);
      expect(await scene.left(older)).toEqual([]);
      if (added.code === 0) await keepsAll(mode, newer, resultOf(added));
      else expect(errorOf(added)).toMatchObject({ code: 101 });
      expect(await scene.left(newer)).toEqual([]);
    }
  });
});

function asking(mode: Mode): Sandbox {
  const sandbox = scene.sandbox(mode);
  return { ...sandbox, runtimeConfig: { ips: ['10.7.99.99/16'] } };
}

/** In IPAM mode it is the other plugin that looks at the interface. */
async function keepsAll(mode: Mode, sandbox: Sandbox, prevResult: object): Promise<void> {
  expect(await scene.left(sandbox)).toHaveLength(whole[mode]);
  succeeded(await scene.runtime.check({ ...sandbox, prevResult }));
  succeeded(await scene.runtime.del({ ...sandbox, prevResult }));
}

test.each(modes)('GC of one network while another one attaches takes nothing from it ($mode)', async ({ mode }) => {
  for (let round = 0; round < 3; round++) await collectWhileAdding(mode);
});

async function collectWhileAdding(mode: Mode): Promise<void> {
  const sandboxes = Array.from({ length: 6 }, () => scene.sandbox(mode, 'growing'));
  const garbage = scene.sandbox(mode, 'ending');
  resultOf(await scene.runtime.add(garbage));
  const [collected, again, ...added] = await Promise.all([
    scene.collect(mode, 'ending'),
    scene.collect(mode, 'ending'),
    ...sandboxes.map((sandbox) => scene.runtime.add(sandbox)),
  ]);
  for (const call of [collected, again]) succeeded(call);
  expect(await scene.left(garbage)).toEqual([]);
  expect(new Set(added.flatMap(ipsOf)).size).toBe(sandboxes.length);
  expect(await scene.left(...sandboxes)).toHaveLength(whole[mode] * sandboxes.length);
  succeeded(await scene.collect(mode, 'growing'));
  expect(await scene.left(...sandboxes)).toEqual([]);
}
