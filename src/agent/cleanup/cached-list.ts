/** A list that is expensive to have: read anew only when it is too old, or when somebody needs it as it is now. */
export interface CachedList<T> {
  /** @param fresh whether it has to be read now @throws what reading throws; then the next call reads, too */
  readonly get: (now: number, fresh: boolean) => Promise<readonly T[]>;
}

/** @param maxAge milliseconds */
export function cachedList<T>(read: () => Promise<readonly T[]>, maxAge: number): CachedList<T> {
  let list: readonly T[] | undefined;
  let readAt = 0;
  return {
    async get(now, fresh) {
      if (list !== undefined && !fresh && now - readAt < maxAge) return list;
      list = undefined;
      list = await read();
      readAt = now;
      return list;
    },
  };
}
