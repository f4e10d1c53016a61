/** An address in somebody's hands, from one moment to another. */
export interface Hold {
  readonly address: string;
  readonly from: number;
  readonly until: number;
}

/** The addresses that somebody got while another one still held them; each as often as that happened. */
export function heldTwice(holds: readonly Hold[]): readonly string[] {
  const byAddress = Map.groupBy(holds, (hold) => hold.address);
  return [...byAddress].flatMap(([address, group]) => {
    const inOrder = group.toSorted((one, other) => one.from - other.from);
    let until = Number.NEGATIVE_INFINITY;
    return inOrder.flatMap((hold) => {
      const overlaps = hold.from < until;
      until = Math.max(until, hold.until);
      return overlaps ? [address] : [];
    });
  });
}
