/** Sends feedback from its rows to a receiver, until it is there: after an outage, and after a restart of the server. */
import type { Logger } from "pino";
import type { Database } from "../storage/database.ts";
import { type FeedbackRecord, markFeedback, unsentFeedback } from "../storage/tables/feedback.ts";

/** Where feedback is sent to. It has to take the same feedback twice: a crash may come between sending and noting it. */
export interface FeedbackReceiver {
  /**
   * Sends these. @returns for each its outcome, in order: taken, refused for good with a reason, or to be tried again
   * @throws where none of them got through
   */
  send(batch: readonly FeedbackRecord[], signal: AbortSignal): Promise<FeedbackDelivery[]>;
}

export type FeedbackDelivery = "taken" | "again" | { readonly refused: string };

export interface FeedbackOutbox {
  /** Says that there may be something to send. Costs nothing. */
  wake(): void;
  /** Sends what is unsent, unless the receiver is known to be down, and stops. What is left goes after the next start. */
  drain(): Promise<void>;
}

/** Feedback in one request. */
const batchSize = 50;
const shortestPause = 1_000;
const longestPause = 5 * 60_000;
/** Rows that other processes wrote (signalbox feedback import) are found this often, in ms. */
const lookMs = 60_000;
/** What the last feedback has to get through when the server stops, in ms. */
const drainMs = 3_000;

/** Of a server that sends feedback nowhere: it stays in its rows. */
export const noOutbox: FeedbackOutbox = { wake() {}, async drain() {} };

/** @param options.maximumAge older feedback (ms) is not sent: a receiver may be set up long after it was given */
export function createFeedbackOutbox(options: {
  database: Database;
  receiver: FeedbackReceiver;
  log: Logger;
  maximumAge: number;
}): FeedbackOutbox {
  const { database, receiver, log, maximumAge } = options;
  const stopped = new AbortController();
  let draining = false;
  let sending: Promise<void> | undefined;
  let awake = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  /** Sends until nothing is left or something fails. */
  async function sendAll(): Promise<void> {
    while (awake && !stopped.signal.aborted) {
      awake = false;
      try {
        awake = (await sendBatch()) || awake;
        failures = 0;
      } catch (error) {
        failures += 1;
        awake = true;
        const pauseMs = pause();
        log.warn({ error, failures, pauseMs }, "feedback could not be sent; it is kept, and tried again");
        return;
      }
    }
  }

  /** @returns true where there may be more */
  async function sendBatch(): Promise<boolean> {
    const batch = await unsentFeedback(database, Date.now() - maximumAge, batchSize);
    if (batch.length === 0) return false;
    const deliveries = await receiver.send(batch, stopped.signal);
    const now = Date.now();
    let again = 0;
    await database.transaction(async (tx) => {
      for (const [index, feedback] of batch.entries()) {
        const delivery = deliveries[index] ?? "again";
        if (delivery === "again") again += 1;
        else if (delivery === "taken") await markFeedback(tx, feedback, { sent_at: now, refusal: null });
        else await markFeedback(tx, feedback, { sent_at: null, refusal: delivery.refused });
      }
    });
    const refused = deliveries.flatMap((delivery) => (typeof delivery === "object" ? [delivery.refused] : []));
    if (refused.length > 0) log.warn({ refused: refused.length, reason: refused[0] }, "feedback was refused for good");
    if (again > 0) throw new Error(`${again} of ${batch.length} were not taken`);
    return batch.length === batchSize;
  }

  function pause(): number {
    return failures === 0 ? lookMs : Math.min(shortestPause * 2 ** (failures - 1), longestPause);
  }

  function look(): void {
    awake = true;
    if (sending || draining) return;
    clearTimeout(timer);
    sending = sendAll().then(() => {
      sending = undefined;
      // Feedback may have come after the last look, in this very turn.
      if (awake && failures === 0) look();
      else timer = setTimeout(look, pause()).unref();
    });
  }

  return {
    wake() {
      // While the receiver is down its pause is kept, however much feedback comes.
      if (failures === 0) look();
    },
    async drain() {
      draining = true;
      const late = setTimeout(() => stopped.abort(new Error("The server is stopping.")), drainMs);
      await sending;
      if (failures === 0) await sendAll();
      clearTimeout(late);
      clearTimeout(timer);
    },
  };
}
