/** How many calls a provider gets at once: those beyond wait in the order they came. */

export interface InFlight {
  /**
   * Waits for a place; call what it gives when the call has ended.
   * @throws the signal's reason, if it fires first
   */
  enter(signal?: AbortSignal): Promise<() => void>;
}

export function createInFlight(most: number): InFlight {
  let taken = 0;
  const waiting = new Set<() => void>();

  /** Hands the place to the next in line, or gives it back; calling it twice does nothing. */
  function place(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const [next] = waiting;
      if (next) next();
      else taken--;
    };
  }

  return {
    async enter(signal) {
      signal?.throwIfAborted();
      if (taken < most) {
        taken++;
        return place();
      }
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const next = () => {
        waiting.delete(next);
        signal?.removeEventListener("abort", leave);
        resolve(place());
      };
      const leave = () => {
        waiting.delete(next);
        reject(signal?.reason);
      };
      waiting.add(next);
      signal?.addEventListener("abort", leave, { once: true });
      return promise;
    },
  };
}
