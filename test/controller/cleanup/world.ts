import { createNodeWatch } from '../../../src/controller/cleanup/node-watch.ts';
import type { PodIdentity, PodReference } from '../../../src/controller/pod-identity.ts';
import { createSightings } from '../../../src/controller/cleanup/sightings.ts';
import { sweep, type SweepReport } from '../../../src/controller/cleanup/sweep.ts';
import type { Allocation } from '../../../src/ipam/store.ts';
import { Failure } from '../../../src/system/failure.ts';

export const second = 1000;
export const minute = 60 * second;
export const interval = minute;
export const grace = 10 * minute;
export const lostNodeAfter = 30 * minute;
/** What may pass unnoticed between two sweeps. */
export const maxGap = 2 * interval + 40 * second;

/** A cluster in which time stands still until it is told to pass. All times are milliseconds. */
export interface World {
  now: number;
  /** Whether the API server answers. */
  up: boolean;
  /** Nodes whose Lease the API server does not let us read. */
  readonly secretive: Set<string>;
  readonly pods: Map<string, PodIdentity>;
  readonly nodes: Map<string, WorldNode>;
  readonly held: Map<string, Allocation>;
  readonly deletedAt: Map<string, number>;
  /** Names of allocations, as they were freed. */
  readonly freed: string[];
  /** Requests that the API server was asked, such as `GET pod`. */
  readonly requests: string[];
  /** Called right before an address is freed. */
  onFree: (allocation: Allocation) => void;
  readonly runPod: (pod: NewPod) => PodIdentity;
  readonly deletePod: (name: string) => void;
  /** What watches have delivered so far: until this is called, clean-up does not see what happens to Pods. */
  readonly deliver: () => void;
  readonly sweep: () => Promise<SweepReport>;
  /** Time passes, with a sweep every minute. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** Another process takes over, which remembers nothing. */
  readonly restart: () => void;
}

export interface WorldNode {
  exists: boolean;
  outOfService: boolean;
  /** Since when its kubelet reaches the API server; undefined: it does not. */
  connectedSince: number | undefined;
  /** Until when it did. */
  renewed: number;
}

export interface NewPod {
  readonly name: string;
  readonly node: string;
  readonly uid?: string;
  readonly staticUID?: string;
  readonly phase?: Allocation['phase'];
  /** Default: that of the Pod, as CNI is told. */
  readonly ownerUID?: string;
}

export function createWorld(): World {
  let seen = new Map<string, PodIdentity>();
  let cleaner: ReturnType<typeof createCleaner>;
  let count = 0;
  const world: World = {
    now: 7 * 24 * 60 * minute,
    up: true,
    secretive: new Set(),
    pods: new Map(),
    nodes: new Map(),
    held: new Map(),
    deletedAt: new Map(),
    freed: [],
    requests: [],
    onFree: () => undefined,
    runPod(options) {
      const { name, node, phase = 'Allocated' } = options;
      count += 1;
      const uid = options.uid ?? `00000000-0000-0000-0000-${String(count).padStart(12, '0')}`;
      const pod = { namespace: 'default', name, uid, staticUID: options.staticUID ?? '' };
      world.pods.set(name, pod);
      if (!world.nodes.has(node) && node !== '') world.nodes.set(node, aliveNode(world.now));
      const ownerUID = options.ownerUID ?? (pod.staticUID || uid);
      world.held.set(`a.${count}`, allocationOf({ count, owner: { ...pod, uid: ownerUID }, node, phase }));
      return pod;
    },
    deletePod(name) {
      const pod = world.pods.get(name);
      if (pod === undefined) return;
      world.pods.delete(name);
      world.deletedAt.set(pod.staticUID || pod.uid, world.now);
    },
    deliver: () => void (seen = new Map(world.pods)),
    sweep: () => cleaner(),
    async pass(milliseconds) {
      const end = world.now + milliseconds;
      while (world.now < end) {
        world.now = Math.min(end, world.now + interval);
        await world.sweep().catch(expectUnavailable);
      }
    },
    restart: () => void (cleaner = createCleaner(world, () => seen)),
  };
  world.restart();
  return world;
}

function expectUnavailable(error: unknown): void {
  if (!(error instanceof Failure) || error.kind !== 'unavailable') throw error;
}

function aliveNode(now: number): WorldNode {
  return { exists: true, outOfService: false, connectedSince: now, renewed: now };
}

function createCleaner(world: World, seen: () => ReadonlyMap<string, PodIdentity>): () => Promise<SweepReport> {
  const clock = (): number => world.now;
  const ask = (request: string): void => {
    world.requests.push(request);
    if (!world.up) throw new Failure('unavailable', 'the API server is away');
  };
  const live = {
    async getLease(name: string) {
      ask('GET lease');
      if (world.secretive.has(name)) throw new Failure('refused', 'forbidden');
      const node = world.nodes.get(name);
      if (node === undefined || (!node.exists && node.connectedSince === undefined)) return undefined;
      if (node.connectedSince !== undefined) node.renewed = world.now - (world.now % (10 * second));
      return { renewTime: String(node.renewed), duration: 40 * second };
    },
    async getNode(name: string) {
      ask('GET node');
      const node = world.nodes.get(name);
      return node?.exists === true ? { outOfService: node.outOfService } : undefined;
    },
  };
  const nodes = createNodeWatch({ live, clock, maxGap });
  const sightings = createSightings();
  return () =>
    sweep(
      {
        held: () => [...world.held.values()],
        pods: { has: (owner) => is(seen().get(owner.name), owner), size: () => seen().size },
        live: {
          async get({ name }) {
            ask('GET pod');
            return world.pods.get(name);
          },
          async *list() {
            ask('LIST pods');
            yield* world.pods.values();
          },
        },
        nodes,
        sightings,
        patience: { grace, lostNodeAfter },
        clock,
        async free(allocation) {
          ask('DELETE allocation');
          world.onFree(allocation);
          world.held.delete(allocation.version.split('/')[0] ?? '');
          world.freed.push(allocation.owner.pod.name);
        },
      },
      new AbortController().signal,
    );
}

function is(pod: PodIdentity | undefined, { uid }: PodReference): boolean {
  return pod?.uid === uid || pod?.staticUID === uid;
}

function allocationOf(facts: {
  readonly count: number;
  readonly owner: PodReference;
  readonly node: string;
  readonly phase: Allocation['phase'];
}): Allocation {
  const { count, owner, node, phase } = facts;
  return {
    pool: 'a',
    poolUID: 'a-uid',
    address: { family: 4, value: 0x0a000000n + BigInt(count) },
    phase,
    version: `a.${count}/1`,
    owner: {
      network: 'vlan100',
      pod: { namespace: 'default', name: owner.name, uid: owner.uid, containerID: `c${count}`, ifName: 'net1', node },
    },
  };
}
