/** A value that changes, and that others follow. */
export interface Followed<T> {
  readonly get: () => T;
  /** Calls `listener` after each change from now on; what it returns ends that. */
  readonly onChange: (listener: (value: T) => void) => () => void;
}

export interface Following<T> extends Followed<T> {
  /** Nobody is told of a value that is the same, by its JSON. */
  readonly set: (value: T) => void;
}

export function createFollowed<T>(first: T): Following<T> {
  const listeners = new Set<(value: T) => void>();
  let current = first;
  return {
    get: () => current,
    set: (value) => {
      if (JSON.stringify(value) === JSON.stringify(current)) return;
      current = value;
      for (const listener of listeners) listener(value);
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
