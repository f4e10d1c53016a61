import { formatAddress, sameAddress, type Address } from '../../ipam/address.ts';
import { Leftover } from '../../ipam/leftover.ts';
import { encodeStored } from '../../ipam/kubernetes/allocation-object.ts';
import { sameOwner } from '../../ipam/owner.ts';
import type { Pool } from '../../ipam/pool.ts';
import type { Owner } from '../../ipam/store.ts';
import { UnknownOutcome } from '../../kube/unknown-outcome.ts';
import { ownNetns } from '../../net/netns.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { monotonicNow } from '../../system/time.ts';
import type { PassOn } from '../api-requests/pass-on.ts';
import { readingAhead } from '../api-requests/read-ahead.ts';
import type { PairMaker } from '../pairs.ts';
import { readRequest, type Request } from './requests.ts';
import type { Ahead, BegunCreate } from '../allocation/ahead.ts';
import { readAnnounced } from '../allocation/announced.ts';
import type { KnowingStore } from '../allocation/store.ts';

export interface SessionOptions {
  readonly store: KnowingStore;
  readonly ahead: Ahead;
  /** What the plugin asks of the API server itself. */
  readonly passOn: Pick<PassOn, 'request' | 'event'>;
  readonly pairMaker: Pick<PairMaker, 'make'>;
  readonly nodeName: string;
  /** Whether the pools are known. */
  readonly ready: () => boolean;
  /** @param operation of the protocol, or `malformed` */
  readonly observe: (operation: string, outcome: 'done' | 'failed') => void;
}

/** One connection of a plugin. */
export interface Session {
  /** What is answered, without version and number. Never rejects. @param message of a version that is spoken */
  readonly answer: (message: JsonObject) => Promise<object>;
  /** Whoever was at the other end is gone: nothing more is begun. */
  readonly end: () => void;
}

export function createSession(options: SessionOptions): Session {
  const passOn = { ...options.passOn, request: readingAhead(options.passOn.request) };
  const work: Work = { ...options, passOn, searches: new Map(), begun: undefined, ended: false };
  return {
    answer: async (message) => {
      let operation = 'malformed';
      try {
        const request = readRequest(message);
        operation = request.op;
        // Whoever gets an answer finds on record what was begun for the announced call.
        if (request.op !== 'announce') await work.begun;
        refuseLate(work, message);
        const answer = await handle(work, request, message);
        options.observe(operation, 'done');
        return answer;
      } catch (error) {
        options.observe(operation, 'failed');
        return { error: errorOf(error) };
      }
    },
    end: () => {
      work.ended = true;
      for (const { offers } of work.searches.values()) void offers.return();
      work.searches.clear();
      void work.begun?.then((all) => Array.from(all.values(), ({ offers }) => offers.return()));
    },
  };
}

interface Work extends SessionOptions {
  /** By the numbers that the plugin has given them. */
  readonly searches: Map<number, Search>;
  /** Of the call that was announced, by the names of the pools; without those that were searched since. */
  begun: Promise<Map<string, BegunCreate>> | undefined;
  ended: boolean;
}

interface Search {
  readonly pool: Pool;
  readonly offers: AsyncGenerator<Address, void>;
  /** What was begun for an announced call. */
  readonly begun?: BegunCreate;
}

/**
 * By then the plugin may have gone to the API server itself, and its Pod may have come and gone: what would be created
 * now would be nobody's.
 */
function refuseLate(work: Work, message: JsonObject): void {
  if (isLate(work, message)) throw new Failure('unavailable', 'the request came too late');
}

function isLate({ ended }: Work, { until }: JsonObject): boolean {
  return ended || typeof until !== 'number' || monotonicNow() >= until;
}

async function handle(work: Work, request: Request, message: JsonObject): Promise<object> {
  const { passOn, nodeName, ready } = work;
  if (request.op === 'hello') return { node: nodeName, ready: ready() };
  if (request.op === 'announce') return begin(work, request, () => !isLate(work, message));
  if (request.op === 'pool') return openSearch(work, request);
  if (request.op === 'next') return offer(searchOf(work, request.search));
  if (request.op === 'create') return create(work, request);
  if (request.op === 'get') return get(work, request);
  if (request.op === 'release') return release(work, request);
  if (request.op === 'pairs') return makePairs(work, request);
  if (request.op === 'request') return passOn.request(request, Number(message['until']) - monotonicNow());
  return passOn.event(request);
}

/** No plugin attaches more networks, of more pools each, at once. */
const maxSearches = 256;

/** Answers when all of it is done: until then, it is under way. */
async function begin(work: Work, call: Request & { op: 'announce' }, isWanted: () => boolean): Promise<object> {
  const wish = readAnnounced(call, work.nodeName);
  if (wish === undefined || !work.ready() || work.begun !== undefined) return {};
  work.begun = work.ahead.begin(wish, isWanted);
  await Promise.allSettled(Array.from((await work.begun).values(), ({ outcome }) => outcome));
  return {};
}

async function openSearch(work: Work, { name, search: number }: Request & { op: 'pool' }): Promise<object> {
  const { store, searches } = work;
  if (searches.size >= maxSearches || searches.has(number))
    throw new Failure('unavailable', `search ${number} is one too many`);
  const all = await work.begun;
  const begun = all?.get(name);
  all?.delete(name);
  if (begun !== undefined) {
    const { pool, object, offers, address } = begun;
    searches.set(number, { pool, offers, begun });
    return { pool: told(object), address: formatAddress(address) };
  }
  const { pool, object } = await store.readPool(name);
  const search = { pool, offers: store.candidates(pool) };
  searches.set(number, search);
  return { pool: told(object), ...(await offer(search)) };
}

function told({ metadata, spec }: JsonObject): JsonObject {
  return { metadata, spec };
}

async function offer({ offers }: Search): Promise<{ readonly address?: string }> {
  const { value } = await offers.next();
  return value === undefined ? {} : { address: formatAddress(value) };
}

function searchOf({ searches }: Work, number: number): Search {
  const search = searches.get(number);
  if (search === undefined) throw new Failure('unavailable', `there is no search ${number}`);
  return search;
}

async function create(work: Work, request: Request & { op: 'create' }): Promise<object> {
  const { address, owner, attempt } = request;
  refuseOtherNode(work.nodeName, owner);
  const { pool, begun } = searchOf(work, request.search);
  const isBegun = begun !== undefined && isSame(begun, request);
  const outcome = isBegun ? work.ahead.handOver(begun) : work.ahead.create({ pool, address, owner, attempt });
  const { created, allocation } = await outcome;
  return created ? { version: allocation.version } : { object: encodeStored(allocation) };
}

/** What is asked for by another attempt is another create, whoever is quicker. */
function isSame({ address, owner, attempt }: BegunCreate, request: Request & { op: 'create' }): boolean {
  return attempt === request.attempt && sameAddress(address, request.address) && sameOwner(owner, request.owner);
}

async function get({ store }: Work, { pool, address }: Request & { op: 'get' }): Promise<object> {
  const found = await store.get(pool, address);
  return found === undefined ? {} : { object: encodeStored(found) };
}

async function release({ store, nodeName }: Work, request: Request & { op: 'release' }): Promise<object> {
  const { pool, address, version, owner } = request;
  refuseOtherNode(nodeName, owner);
  return { outcome: await store.release({ pool, poolUID: '', address, phase: 'Allocated', owner, version }) };
}

/** A plugin that has ended has left its links to others, who would not know of one that is made later. */
async function makePairs(work: Work, { host, ...wanted }: Request & { op: 'pairs' }): Promise<object> {
  if (host !== ownNetns()) throw new Failure('refused', 'the agent runs in another network namespace');
  await work.pairMaker.make({ ...wanted, isWanted: () => !work.ended });
  return {};
}

/** The API server would refuse it, too: the agent's token is of this Node. */
function refuseOtherNode(nodeName: string, { pod }: Owner): void {
  if (pod.node === nodeName) return;
  throw new Failure('refused', `the agent is that of Node ${nodeName}, not of ${JSON.stringify(pod.node)}`);
}

function errorOf(error: unknown): object {
  const leftover = error instanceof Leftover || error instanceof UnknownOutcome;
  const { kind, details } = error instanceof Failure ? error : { kind: 'io', details: undefined };
  return { kind, message: messageOf(error), details, leftover };
}
