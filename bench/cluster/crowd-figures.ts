import type { Summary } from '../statistics.ts';

export interface CrowdScale {
  /** Nodes whose agents watch. */
  readonly agents: number;
  readonly allocations: number;
  readonly atOnce: number;
}

/** The same allocations while one agent watches, and while all do. */
export interface Crowd extends CrowdScale {
  readonly alone: Watched;
  readonly crowded: Watched;
}

/** Times in ms, sizes in KiB. */
export interface Watched {
  /** Until all agents know pools and their Nodes' addresses. */
  readonly syncMs: number;
  readonly allocation: Summary;
  readonly perSecond: number;
  /** Addresses that another Node had taken first, per allocation. */
  readonly conflicts: number;
  /** Changes that came to one agent in all, while addresses were given and taken back: of pools, and of its Node's addresses. */
  readonly eventsPerAgent: { readonly pools: number; readonly allocations: number };
  /** Of the API server, for an allocation and its release. */
  readonly apiServerCpuMs: number;
  /** Of each agent that only watches, for all of that. */
  readonly agentCpuMs: number;
  /** Of the API server, while nothing happens: ms per second. */
  readonly idleCpuMs: number;
  /** Of the API server. */
  readonly memoryKb: number;
}
