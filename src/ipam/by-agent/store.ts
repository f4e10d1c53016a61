import type { Begun } from '../../agent-protocol/begun.ts';
import { NoAnswer, type Exchange, type Question } from '../../agent-protocol/exchange.ts';
import { readError } from '../../agent-protocol/protocol.ts';
import { messageOf } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { formatAddress, type Address } from '../address.ts';
import { readAllocationObject } from '../kubernetes/allocation-object.ts';
import { attemptName } from '../kubernetes/create.ts';
import type { KubernetesStore } from '../kubernetes/store.ts';
import { Leftover } from '../leftover.ts';
import { readPool, type Pool } from '../pool.ts';
import type { Allocation, CreateOutcome, Owner, ReleaseOutcome, Store } from '../store.ts';
import { readAddress } from './address.ts';
import { begunIn, isOf } from './begun.ts';

export interface AgentStoreOptions {
  readonly exchange: Exchange;
  /** The same store, asked without the agent. */
  readonly direct: KubernetesStore;
  /** What the agent has begun for the attachment that asks. */
  readonly begun?: () => readonly Begun[];
  /** Told why the API server is asked itself. */
  readonly onNoAnswer?: (reason: string) => void;
  /** 0 to 1. */
  readonly chance?: () => number;
}

/**
 * The store of a cluster, asked by way of the Node's agent, whose connections to the API server stand, and which knows
 * the pools: a call loads no TLS, and an allocation is one request to the API server. What the agent does not do, the
 * API server is asked itself; what the agent may have done, it is asked by the same name, which tells who has it: an
 * answer that is lost neither costs an address nor gives two.
 */
export function createAgentStore(options: AgentStoreOptions): Store {
  const { exchange, direct, chance = Math.random, begun = () => [], onNoAnswer = () => {} } = options;
  const context: Context = { exchange, direct, chance, begun, onNoAnswer, searches: new WeakMap(), searched: 0 };
  return {
    readPool: (name) => orDirect(context, readByAgent(context, name), () => direct.readPool(name)),
    candidates: (pool) => candidates(context, pool),
    create: (pool, address, owner) => create(context, { pool, address, owner }),
    get: (pool, address) => orDirect(context, getByAgent(context, pool, address), () => direct.get(pool, address)),
    release: (allocation) => release(context, allocation),
    find: (filter, pool) => direct.find(filter, pool),
  };
}

interface Context extends Required<AgentStoreOptions> {
  /** Of the pools that the agent has told of. */
  readonly searches: WeakMap<Pool, Search>;
  searched: number;
}

interface Search {
  readonly number: number;
  /** undefined: no address is free. */
  readonly first: Address | undefined;
  /** Whether somebody goes through what is offered: the networks of one Pod may share a pool that was read once. */
  isUsed: boolean;
}

/** Milliseconds for what the agent knows by heart, and for what it asks the API server: a little more than it takes itself. */
const patience = { known: 5000, asked: 12_000 };

/** @throws NoAnswer; Failure that the API server itself would not answer otherwise, a Leftover where it may leave something behind */
async function ask({ exchange }: Context, question: Question, timeout: number): Promise<JsonObject> {
  const answer = await exchange.ask(question, timeout);
  const error = readError(answer);
  if (error === undefined) return answer;
  if (!error.isFinal) throw new NoAnswer(error.failure.message, { mayBeDone: error.leftover });
  throw error.leftover ? new Leftover(error.failure) : error.failure;
}

async function orDirect<T>(context: Context, asked: Promise<T>, otherwise: () => Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    lacking(context, error);
    return otherwise();
  }
}

/** Tells that the agent gave no answer; throws again what is one. */
function lacking({ onNoAnswer }: Context, error: unknown): NoAnswer {
  if (!(error instanceof NoAnswer)) throw error;
  onNoAnswer(error.message);
  return error;
}

async function readByAgent(context: Context, name: string): Promise<Pool> {
  const { pool, search } = await beginSearch(context, name);
  context.searches.set(pool, search);
  return pool;
}

async function beginSearch(context: Context, name: string): Promise<{ readonly pool: Pool; readonly search: Search }> {
  const number = ++context.searched;
  const answer = await ask(context, { op: 'pool', name, search: number }, patience.known);
  const pool = understood(() => readPool(answer['pool']));
  return { pool, search: { number, first: readAddress(answer['address']), isUsed: false } };
}

/** The agent tells what nobody else on this Node is trying; without it, all start from the beginning. */
async function* candidates(context: Context, pool: Pool): AsyncGenerator<Address, void> {
  try {
    const { number, first } = await freshSearch(context, pool);
    for (let address = first; address !== undefined;) {
      yield address;
      const answer = await ask(context, { op: 'next', search: number }, patience.asked);
      address = readAddress(answer['address']);
    }
  } catch (error) {
    lacking(context, error);
    const begun = begunIn(context.begun(), pool.name);
    if (begun !== undefined) yield begun.address;
    yield* context.direct.candidates(pool);
  }
}

async function freshSearch(context: Context, pool: Pool): Promise<Search> {
  const known = searchOf(context, pool);
  const search = known.isUsed ? (await beginSearch(context, pool.name)).search : known;
  search.isUsed = true;
  return search;
}

/** @throws NoAnswer for a pool that the agent has not told of */
function searchOf({ searches }: Context, pool: Pool): Search {
  const search = searches.get(pool);
  if (search === undefined) throw new NoAnswer('it was not asked for the pool', { mayBeDone: false });
  return search;
}

interface Wish {
  readonly pool: Pool;
  readonly address: Address;
  readonly owner: Owner;
}

async function create(context: Context, wish: Wish): Promise<CreateOutcome> {
  const { direct, chance } = context;
  const begun = begunIn(context.begun(), wish.pool.name);
  const isBegun = isOf(begun, wish.address);
  const attempt = isBegun ? begun.attempt : attemptName(chance);
  try {
    return await createByAgent(context, wish, attempt);
  } catch (error) {
    const { mayBeDone } = lacking(context, error);
    return direct.createOnce({ ...wish, attempt, mayBeDone: mayBeDone || isBegun });
  }
}

async function createByAgent(context: Context, wish: Wish, attempt: string): Promise<CreateOutcome> {
  const { pool, address, owner } = wish;
  const { number: search } = searchOf(context, pool);
  const question = { op: 'create', search, address: formatAddress(address), owner, attempt } as const;
  const { version, object } = await ask(context, question, patience.asked);
  if (typeof version !== 'string') return { created: false, allocation: readObject(object) };
  return {
    created: true,
    allocation: { pool: pool.name, poolUID: pool.uid, address, phase: 'Allocated', owner, version },
  };
}

async function getByAgent(context: Context, pool: string, address: Address): Promise<Allocation | undefined> {
  const { object } = await ask(context, { op: 'get', pool, address: formatAddress(address) }, patience.asked);
  return object === undefined ? undefined : readObject(object);
}

/** One that the agent may have done is asked for again: nothing has been released that somebody else holds by then. */
async function release(context: Context, allocation: Allocation): Promise<ReleaseOutcome> {
  try {
    const { pool, address, version, owner } = allocation;
    const question = { op: 'release', pool, address: formatAddress(address), version, owner } as const;
    const { outcome } = await ask(context, question, patience.asked);
    if (outcome === 'released' || outcome === 'absent' || outcome === 'changed') return outcome;
    throw new NoAnswer('it gives no outcome', { mayBeDone: true });
  } catch (error) {
    const { mayBeDone } = lacking(context, error);
    const outcome = await context.direct.release(allocation);
    return outcome === 'absent' && mayBeDone ? 'released' : outcome;
  }
}

function readObject(object: unknown): Allocation {
  return understood(() => readAllocationObject(isJsonObject(object) ? object : {}).allocation);
}

/** What is not as it should be is no answer. */
function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new NoAnswer(messageOf(error), { mayBeDone: true });
  }
}
