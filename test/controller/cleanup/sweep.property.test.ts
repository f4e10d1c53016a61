import {
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  type Arbitrary,
} from 'fast-check';
import { expect, it } from 'vitest';
import type { Allocation } from '../../../src/ipam/store.ts';
import { createWorld, grace, interval, lostNodeAfter, maxGap, second, type World } from './world.ts';

/** What can happen in a cluster, in any order. */
type Happening =
  | { readonly kind: 'run' | 'delete'; readonly pod: string; readonly node: string }
  | { readonly kind: 'cut' | 'connect' | 'deleteNode' | 'makeNode' | 'taint' | 'untaint'; readonly node: string }
  | { readonly kind: 'deliver' | 'restart' | 'serverDown' | 'serverUp' }
  | { readonly kind: 'pass'; readonly seconds: number };

const pod = constantFrom('web-0', 'web-1', 'web-2');
const node = constantFrom('node-1', 'node-2', '');
const happening: Arbitrary<Happening> = oneof(
  { weight: 4, arbitrary: record({ kind: constantFrom('run', 'delete'), pod, node }) },
  {
    weight: 3,
    arbitrary: record({
      kind: constantFrom('cut', 'connect', 'deleteNode', 'makeNode', 'taint', 'untaint'),
      node,
    }),
  },
  { weight: 3, arbitrary: record({ kind: constantFrom('deliver', 'restart', 'serverDown', 'serverUp') }) },
  { weight: 6, arbitrary: record({ kind: constant('pass'), seconds: integer({ min: 1, max: 2400 }) }) },
);

/** For how long, and until when, the kubelet of each Node has reached the API server since a Pod was deleted. */
type Contacts = Map<string, { from: number; until: number | undefined }[]>;

it('whatever happens, no used address is freed, and in the end no dead one is kept', async () => {
  await assert(
    asyncProperty(array(happening, { maxLength: 40 }), async (happenings) => {
      const world = createWorld();
      const contacts: Contacts = new Map();
      world.onFree = (allocation) => judge(world, contacts, allocation);
      for (const one of happenings) await happen(world, contacts, one);
      await settle(world, contacts);
      const alive = [...world.pods.values()].map(({ uid }) => uid);
      expect([...world.held.values()].map(({ owner }) => owner.pod.uid).toSorted()).toStrictEqual(alive.toSorted());
    }),
    { numRuns: 400 },
  );
}, 60_000);

async function happen(world: World, contacts: Contacts, one: Happening): Promise<void> {
  if (one.kind === 'run') run(world, contacts, one);
  else if (one.kind === 'delete') world.deletePod(one.pod);
  else if (one.kind === 'pass') await world.pass(one.seconds * second);
  else if (one.kind === 'deliver') world.deliver();
  else if (one.kind === 'restart') world.restart();
  else if ('node' in one) changeNode(world, contacts, one);
  else setServer(world, contacts, one.kind === 'serverUp');
}

function run(world: World, contacts: Contacts, one: { readonly pod: string; readonly node: string }): void {
  if (world.pods.has(one.pod)) return;
  world.runPod({ name: one.pod, node: one.node });
  if (one.node === '' || contacts.has(one.node)) return;
  contacts.set(one.node, world.up ? [{ from: world.now, until: undefined }] : []);
}

/** While it is down, no kubelet reaches it. */
function setServer(world: World, contacts: Contacts, up: boolean): void {
  if (world.up === up) return;
  world.up = up;
  for (const [name, found] of world.nodes) {
    if (found.connectedSince === undefined) continue;
    if (up) contacts.get(name)?.push({ from: world.now, until: undefined });
    else endContact(world, contacts, name);
  }
}

function changeNode(world: World, contacts: Contacts, one: { readonly kind: string; readonly node: string }): void {
  const found = world.nodes.get(one.node);
  if (found === undefined) return;
  const connected = found.connectedSince !== undefined;
  if (one.kind === (connected ? 'cut' : 'connect')) {
    found.connectedSince = connected ? undefined : world.now;
    if (!world.up) return;
    if (connected) endContact(world, contacts, one.node);
    else contacts.get(one.node)?.push({ from: world.now, until: undefined });
  }
  if (one.kind === 'deleteNode' || one.kind === 'makeNode') found.exists = one.kind === 'makeNode';
  if (one.kind === 'taint' || one.kind === 'untaint') found.outOfService = one.kind === 'taint';
}

function endContact(world: World, contacts: Contacts, name: string): void {
  const last = contacts.get(name)?.at(-1);
  if (last !== undefined) last.until = world.now;
}

/** Throws if the address may still be in use. */
function judge(world: World, contacts: Contacts, { owner }: Allocation): void {
  const { uid, name, node: on } = owner.pod;
  const deletedAt = world.deletedAt.get(uid);
  if (deletedAt === undefined || world.pods.get(name)?.uid === uid) throw new Error(`${name} is alive`);
  const goneFor = world.now - deletedAt;
  if (goneFor < grace) throw new Error(`${name} is gone for ${goneFor} ms only`);
  const problem = doubt(world, contacts, { on, deletedAt });
  if (problem !== undefined) throw new Error(`${name}: ${problem}`);
}

function doubt(
  world: World,
  contacts: Contacts,
  { on, deletedAt }: { on: string; deletedAt: number },
): string | undefined {
  const found = world.nodes.get(on);
  if (found === undefined) return world.now - deletedAt < lostNodeAfter ? 'nobody knows where it ran' : undefined;
  const connected = found.connectedSince !== undefined;
  if (!connected && (!found.exists || found.outOfService)) return undefined;
  const periods = (contacts.get(on) ?? []).map(({ from, until }) => [Math.max(from, deletedAt), until ?? world.now]);
  const reached = periods.reduce((sum, [from = 0, until = 0]) => sum + Math.max(0, until - from), 0);
  if (reached >= grace - maxGap) return undefined;
  const lastContact = Math.max(0, ...periods.map(([, until = 0]) => until));
  if (!connected && world.now - lastContact >= lostNodeAfter) return undefined;
  return `the kubelet had ${reached} ms to learn that it is gone`;
}

/** All is well for long enough. */
async function settle(world: World, contacts: Contacts): Promise<void> {
  setServer(world, contacts, true);
  world.deliver();
  // The other one may never come back.
  changeNode(world, contacts, { kind: 'connect', node: 'node-1' });
  await world.pass(lostNodeAfter + grace + 10 * interval);
}
