import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ClusterAccess } from '../kube/kubeconfig.ts';
import type { Log } from '../system/log.ts';
import { adoptionDuty } from './adoption/adoption.ts';
import { watchAllocations, type Allocations } from './allocations.ts';
import { createApi } from '../kube/watch/api.ts';
import { promptClient } from '../kube/watch/parallel-client.ts';
import { cleanupDuty, type CleanupOptions } from './cleanup/cleanup.ts';
import type { Context, Duty } from './context.ts';
import { createRecorder } from './events.ts';
import { startFinalizers } from './finalizers.ts';
import { serveHttp, type Listen } from '../system/http.ts';
import { runElection } from './leader/election.ts';
import { readLease, writeLease } from './leader/lease.ts';
import { clientOfTerm } from './leader/term.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { watchPools, type Pools } from './pools.ts';
import { keepTallies, measure, type Tallies } from './projection/tallies.ts';
import { startProjection, type ProjectionOptions } from './projection/write.ts';
import { sleep } from '../system/sleep.ts';

export interface ControllerOptions {
  readonly access: ClusterAccess;
  readonly listen: Listen;
  /** Milliseconds that a leader may be silent before another one takes its place. */
  readonly leaseDuration: number;
  readonly cleanup: CleanupOptions;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Keeps what the cluster says of pools true, until the signal: whoever holds the Lease works, others watch and wait.
 * @throws Failure `config` when it cannot listen; nothing that the API server does ends it
 */
export async function runController(options: ControllerOptions): Promise<void> {
  const { listen, log, signal } = options;
  const metrics = createMetrics();
  let known: Known | undefined;
  // First of all: whoever cannot have the port has not begun anything.
  const server = await serveHttp({ listen, notReady: () => missing(known), metrics });
  const api = createApi(options.access, 'antrea-controller');
  known = learn({ api, signal, log, metrics });
  const identity = `${hostname()}_${randomBytes(6).toString('hex')}`;
  const record = createRecorder({ client: api.client, log, metrics, identity });
  const duties = dutiesOf(options, { tallies: known.tallies, record });
  const { pools, allocations } = known;
  const lead = (term: AbortSignal): void => {
    const apiOfTerm = { ...api, client: clientOfTerm(api.client, term) };
    void work({ api: apiOfTerm, pools, allocations, log, metrics, signal: term }, duties);
  };
  await elect(options, { identity, metrics, lead });
  server.close();
  server.closeAllConnections();
  api.close();
}

interface Known {
  readonly pools: Pools;
  readonly allocations: Allocations;
  readonly tallies: Tallies;
}

/** What stands in the way of being ready. */
function missing(known: Known | undefined): string | undefined {
  if (known === undefined) return 'not all pools and allocations are known yet';
  return known.pools.problem() ?? known.allocations.problem();
}

/** From the start on, whoever leads. */
function learn(means: Omit<Context, 'pools' | 'allocations'>): Known {
  const { metrics } = means;
  const pools = watchPools(means);
  const allocations = watchAllocations(means);
  const tallies = keepTallies({ pools, allocations });
  measure(tallies, { pools, metrics });
  metrics.beforeRead(() => metrics.setAllocations(allocations.size()));
  return { pools, allocations, tallies };
}

function dutiesOf({ cleanup }: ControllerOptions, projection: ProjectionOptions): readonly Duty[] {
  return [
    startFinalizers,
    (context) => startProjection(context, projection),
    adoptionDuty(projection.record),
    cleanupDuty(cleanup),
  ];
}

/** Never rejects: what a duty cannot do, it tries again. */
async function work(context: Context, duties: readonly Duty[]): Promise<void> {
  const { pools, allocations, metrics, signal } = context;
  metrics.setLeader(true);
  signal.addEventListener('abort', () => metrics.setLeader(false), { once: true });
  await Promise.all([pools.ready, allocations.ready]);
  if (!signal.aborted) for (const duty of duties) duty(context);
}

interface Candidate {
  readonly identity: string;
  readonly metrics: Metrics;
  readonly lead: (signal: AbortSignal) => void;
}

async function elect(options: ControllerOptions, { identity, metrics, lead }: Candidate): Promise<void> {
  const { access, leaseDuration: duration, log, signal } = options;
  const client = promptClient(access, duration / 5);
  await runElection({
    read: () => readLease(client),
    write: (wish) => writeLease(client, wish),
    onError: () => metrics.requestFailed('lease'),
    clock: () => performance.now(),
    identity,
    duration,
    lead,
    signal,
    log,
    sleep,
  });
  client.close();
}
