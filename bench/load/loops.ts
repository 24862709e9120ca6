/** Load in closed loops: a fixed number of clients, each of which asks again when it has its answer. */

export interface Load {
  clients: number;
  /** How long new requests are made; what has begun by then is waited for. */
  ms: number;
}

export interface Observed {
  /** What each call took, in ms. */
  durations: number[];
  /** From the first request to the last answer, in seconds. */
  seconds: number;
}

/** Keeps `clients` calls of `ask` under way, each with its client's index. @throws what the first failing call throws */
export async function runLoops({ clients, ms }: Load, ask: (client: number) => Promise<void>): Promise<Observed> {
  const durations: number[] = [];
  const start = performance.now();
  const loop = async (client: number) => {
    for (let asked = performance.now(); asked - start < ms; ) {
      await ask(client);
      const answered = performance.now();
      durations.push(answered - asked);
      asked = answered;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => loop(client)));
  return { durations, seconds: (performance.now() - start) / 1000 };
}
