/** Rows that are written behind the work that makes them: in batches, within a bound, and never in anybody's way. */
import type { Logger } from "pino";

export interface WriteBehind<Row> {
  /** Takes a row; it is written soon. Where the buffer is full it is lost, and counted. */
  add(row: Row): void;
  /** Resolves when what was added before has been written, or could not be. */
  flush(): Promise<void>;
}

export interface WriteBehindOptions<Row> {
  /** What messages call the rows. */
  readonly name: string;
  readonly write: (rows: readonly Row[]) => Promise<void>;
  /** How many rows may wait. */
  readonly most: number;
  readonly log: Logger;
}

/** From the first row of a batch to its writing, in ms: what a kill -9 may lose. */
const flushMs = 500;
/** After a failure. */
const retryMs = 5_000;
const batchRows = 500;

export function createWriteBehind<Row>(options: WriteBehindOptions<Row>): WriteBehind<Row> {
  const { name, write, most, log } = options;
  let waiting: Row[] = [];
  let dropped = 0;
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(writeAll);
    return writing;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchRows);
      try {
        await write(batch);
        waiting = waiting.slice(batch.length);
        failing = false;
      } catch (error) {
        failing = true;
        log.warn({ error, waiting: waiting.length, dropped }, `${name} could not be written; they wait`);
        schedule();
        return;
      }
    }
  }

  function schedule(): void {
    timer ??= setTimeout(flush, failing ? retryMs : flushMs).unref();
  }

  return {
    add(row) {
      if (waiting.length >= most) dropped++;
      else waiting.push(row);
      if (waiting.length === batchRows && !failing) void flush();
      else schedule();
    },
    flush,
  };
}
