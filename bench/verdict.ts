/** One figure that must hold, and what was measured. */
export interface Verdict {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  /** What is aimed at beyond the limit; empty where there is none. */
  readonly aim: string;
  readonly verdict: 'aim reached' | 'holds' | 'MISSED' | 'not measured';
}

/** All that the verdicts are drawn from. NaN: not measured. Times in ms, sizes in KiB. */
export interface Figures {
  readonly startUp: { readonly version: number; readonly empty: number };
  readonly add: { readonly own: number; readonly floors: number; readonly tuned: number };
  readonly del: { readonly own: number; readonly tuned: number };
  /** 100 at once, total. */
  readonly burst: { readonly own: number; readonly tuned: number };
  /** In the comparison and from full pools. */
  readonly calls: { readonly failures: number; readonly duplicates: number };
  readonly storm: { readonly failures: number; readonly duplicates: number; readonly left: number };
  readonly fullness: { readonly empty: number; readonly lowest: number; readonly holes: number };
  readonly memory: { readonly peakKb: number; readonly anonKb: number };
}

export function judge(figures: Figures): readonly Verdict[] {
  const { startUp, add, del, burst, calls, storm, fullness, memory } = figures;
  return [
    ratio('start-up (VERSION) / empty executable', startUp.version / startUp.empty, { limit: 1.15 }),
    ratio('ADD / sum of the floors', add.own / add.floors, { limit: 1.3, aim: 1.15 }),
    ratio('ADD / ovs-cni tuned', add.own / add.tuned, { limit: 1.7, aim: 1.4 }),
    ratio('DEL / ovs-cni tuned', del.own / del.tuned, { limit: 1.7, aim: 1.4 }),
    ratio('100 ADDs at once, total / ovs-cni tuned', burst.own / burst.tuned, { limit: 1.8, aim: 1.4 }),
    none('comparison: own calls that failed', calls.failures),
    none('comparison: own addresses given twice', calls.duplicates),
    none('storm: calls that failed', storm.failures),
    none('storm: addresses given twice', storm.duplicates),
    none('storm: ports, links, allocations, journal entries left', storm.left),
    ratio('ADD, lowest addresses in use / empty pool', fullness.lowest / fullness.empty, { limit: 1.3 }),
    ratio('ADD, random holes / empty pool', fullness.holes / fullness.empty, { limit: 1.3 }),
    size('peak resident memory', memory.peakKb, 80),
    size('private memory', memory.anonKb, 16),
  ];
}

export function ratio(what: string, value: number, bounds: { limit: number; aim?: number }): Verdict {
  return toVerdict({ what, value, ...bounds, text: timesOf, measured: `${value.toFixed(2)} ×` });
}

function timesOf(bound: number): string {
  return `${bound} ×`;
}

export function none(what: string, value: number): Verdict {
  return toVerdict({ what, value, limit: 0, text: String, measured: String(value) });
}

export function size(what: string, kib: number, limit: number): Verdict {
  const value = kib / 1024;
  return toVerdict({ what, value, limit, text: (bound) => `${bound} MB`, measured: `${value.toFixed(1)} MB` });
}

function toVerdict(given: {
  what: string;
  value: number;
  measured: string;
  limit: number;
  aim?: number;
  text: (bound: number) => string;
}): Verdict {
  const { what, value, measured, limit, aim, text } = given;
  const line = { what, limit: text(limit), aim: aim === undefined ? '' : text(aim) };
  if (Number.isNaN(value)) return { ...line, measured: '–', verdict: 'not measured' };
  if (value > limit) return { ...line, measured, verdict: 'MISSED' };
  return { ...line, measured, verdict: aim !== undefined && value <= aim ? 'aim reached' : 'holds' };
}
