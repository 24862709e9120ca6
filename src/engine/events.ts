/** A run's events: numbered, kept within a bound, and read by any number of readers, each at its own place. */
import type { RunEvent, RunStatus, StreamPosition } from "./contract.ts";

/** How a run ended. */
export interface RunOutcome {
  status: Exclude<RunStatus, "pending" | "running">;
  error?: { error: string; message: string };
  /** The final values as JSON text; absent where the run did not end in this process. */
  values?: string;
}

export interface RunLog {
  publish(event: string, data: string): void;
  /** Writes the terminal event, lets the readers go, and settles `ended`. Only the first call counts. */
  finish(outcome: RunOutcome): void;
  /** Lets the readers go without a terminal event: the run goes on in another process. `ended` gives undefined. */
  abandon(): void;
  readonly ended: Promise<RunOutcome | undefined>;
  /** True if a reader can start there without a gap. */
  holds(position: StreamPosition): boolean;
  /**
   * The events from a position on (one that it `holds`). The reader has its place from this call on, not from the
   * first `next`. It ends after the terminal event, or without one where the reader fell so far behind that events
   * it had not read were dropped: it can come back with the last id it has.
   */
  read(position: StreamPosition): AsyncGenerator<RunEvent, void, void>;
}

export interface EventHub {
  /** The log of a run that has not ended; made on the first call. */
  open(runId: string, options?: { resumable?: boolean }): RunLog;
  /** The log of a run that is active or ended not long ago; undefined if none is kept. */
  find(runId: string): RunLog | undefined;
  /** Abandons every log that is not finished. */
  close(): void;
}

/** Limits in bytes (of JSON text) and ms, from config.limits. */
export interface EventLimits {
  runLogBytes: number;
  resumableLogBytes: number;
  eventTtlMs: number;
}

export function createEventHub(limits: EventLimits): EventHub {
  const logs = new Map<string, RunLog>();
  const expiries = new Set<NodeJS.Timeout>();

  return {
    open(runId, options) {
      const existing = logs.get(runId);
      if (existing) return existing;
      const resumable = options?.resumable ?? false;
      const log = createRunLog(runId, resumable ? limits.resumableLogBytes : limits.runLogBytes);
      logs.set(runId, log);
      void log.ended.then(() => {
        if (!resumable) {
          logs.delete(runId);
          return;
        }
        const expiry = setTimeout(() => {
          expiries.delete(expiry);
          logs.delete(runId);
        }, limits.eventTtlMs).unref();
        expiries.add(expiry);
      });
      return log;
    },
    find: (runId) => logs.get(runId),
    close() {
      for (const expiry of expiries) clearTimeout(expiry);
      for (const log of logs.values()) log.abandon();
      logs.clear();
    },
  };
}

/** The terminal event of a run: `error` with its reason, or `end`. */
export function terminalEvent(runId: string, outcome: RunOutcome): { event: string; data: string } {
  if (outcome.error) return { event: "error", data: JSON.stringify(outcome.error) };
  return { event: "end", data: JSON.stringify({ run_id: runId, status: outcome.status }) };
}

/** How many events of the largest size a log always holds: a superstep in every mode. */
const eventsOfSuperstep = 12;

function createRunLog(runId: string, maximumBytes: number): RunLog {
  let events: (RunEvent | undefined)[] = [];
  /** Index of the oldest event that is kept; the empty places before it are taken away now and then, in one go. */
  let head = 0;
  let bytes = 0;
  let bound = maximumBytes;
  let nextId = 0;
  let finished = false;
  let wakeReaders = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<RunOutcome | undefined>();

  const oldestId = () => events[head]?.id ?? nextId;

  function publish(event: string, data: string): void {
    if (finished) return;
    events.push({ id: nextId++, event, data });
    bytes += data.length;
    // A large state comes in several modes at once, before any reader has had a turn: there is room for all of them.
    bound = Math.max(bound, data.length * eventsOfSuperstep);
    while (bytes > bound) drop();
    if (head > 1_000 && head * 2 > events.length) {
      events = events.slice(head);
      head = 0;
    }
    wakeReaders.resolve();
    wakeReaders = Promise.withResolvers();
  }

  function leave(outcome: RunOutcome | undefined): void {
    finished = true;
    wakeReaders.resolve();
    ended.resolve(outcome);
  }

  function drop(): void {
    bytes -= events[head]?.data.length ?? 0;
    events[head++] = undefined;
  }

  async function* readFrom(start: number): AsyncGenerator<RunEvent, void, void> {
    let place = start;
    while (true) {
      if (place < oldestId()) return;
      const event = events[head + place - oldestId()];
      if (event) {
        place++;
        yield event;
      } else if (finished) {
        return;
      } else {
        await wakeReaders.promise;
      }
    }
  }

  return {
    publish,
    finish(outcome) {
      if (finished) return;
      const { event, data } = terminalEvent(runId, outcome);
      publish(event, data);
      leave(outcome);
    },
    abandon: () => leave(undefined),
    ended: ended.promise,
    holds(position) {
      if (position === "now") return true;
      const first = position === "start" ? 0 : position + 1;
      return first >= oldestId() && first <= nextId;
    },
    read(position) {
      if (position === "now") return readFrom(finished ? Math.max(0, nextId - 1) : nextId);
      return readFrom(position === "start" ? 0 : position + 1);
    },
  };
}
