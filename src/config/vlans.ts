import { Failure } from '../system/failure.ts';

/** A set of VLAN IDs, 0–4094, as ranges in the order in which they were written. */
export type VlanSet = readonly VlanRange[];

export interface VlanRange {
  readonly first: number;
  readonly last: number;
}

const highest = 4094;

/**
 * Reads `["100", "200-299"]`.
 * @throws Failure `config`
 */
export function parseVlans(texts: readonly string[] | undefined, what: string): VlanSet | undefined {
  return texts?.map((text) => {
    const [first = Number.NaN, last = first] = text.split('-').map(Number);
    if (first <= last && last <= highest) return { first, last };
    throw new Failure(
      'config',
      `${what} has ${JSON.stringify(text)}: use a VLAN, 0-${highest}, or a range such as "200-299"`,
    );
  });
}

/** Whether every VLAN of `range` is in the set; undefined is the set of all. */
export function allowsVlans(set: VlanSet | undefined, { first, last }: VlanRange): boolean {
  if (set === undefined) return true;
  let next = first;
  for (const range of set.toSorted((a, b) => a.first - b.first)) {
    if (range.first <= next && next <= range.last) next = range.last + 1;
  }
  return next > last;
}

export function formatVlans(set: VlanSet): string {
  return set.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}
