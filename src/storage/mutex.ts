/** A lock for one holder at a time, first come, first served. */

export interface Mutex {
  /** Resolves when it is the caller's turn, who must then release it. */
  acquire(): Promise<void>;
  release(): void;
}

export function createMutex(): Mutex {
  const waiting: (() => void)[] = [];
  let held = false;
  return {
    async acquire() {
      // The releaser hands over directly, so that nobody slips in between.
      if (held) return new Promise((resolve) => waiting.push(resolve));
      held = true;
    },
    release() {
      const next = waiting.shift();
      if (next) next();
      else held = false;
    },
  };
}
