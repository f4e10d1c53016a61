/** A list that takes long to have, or cannot be had for a while: nobody waits for it. */
export interface BackgroundList<T> {
  /** As it was read last; nothing before that. */
  readonly current: () => readonly T[];
  /** Whether it was read, from begin to end, after that time. */
  readonly isNewerThan: (time: number) => boolean;
  /** Begins to read it, unless it is newer than that time, or is being read. */
  readonly refresh: (newerThan: number) => void;
}

export interface BackgroundListOptions<T> {
  /** undefined: it cannot be read now. Must not reject. */
  readonly read: () => Promise<readonly T[] | undefined>;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

export function backgroundList<T>({ read, clock }: BackgroundListOptions<T>): BackgroundList<T> {
  let list: readonly T[] = [];
  let begun: number | undefined;
  let isReading = false;
  const isNewerThan = (time: number): boolean => begun !== undefined && begun > time;
  const readNow = async (): Promise<void> => {
    const now = clock();
    const next = await read();
    isReading = false;
    if (next === undefined) return;
    [list, begun] = [next, now];
  };
  return {
    current: () => list,
    isNewerThan,
    refresh: (newerThan) => {
      if (isReading || isNewerThan(newerThan)) return;
      isReading = true;
      void readNow();
    },
  };
}
