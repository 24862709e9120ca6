/** One attempt at one model, in its turn and watched: it gives a whole reply, or fails. */
import type { RunnableConfig } from "@langchain/core/runnables";
import type { InFlight } from "./in-flight.ts";
import type { ChatModel } from "./provider.ts";
import { type WatchLimits, watch } from "./watch.ts";

/** One of the models that may be asked. */
export interface Candidate {
  /** As a user names it: `provider:name`. */
  readonly name: string;
  readonly model: ChatModel;
  /** Whether each of its replies says why it ended, as in OpenAI's protocol. */
  readonly saysFinish: boolean;
  /** Shared by all models of the same provider. */
  readonly inFlight: InFlight;
}

/** What went wrong with the model, as `cause`; other errors are those of what was made of its reply. */
export class ModelFailure extends Error {
  override name = "ModelFailure";
}

/**
 * @param call hands the config it gets to the model, and gives what it makes of the reply
 * @throws ModelFailure, or what `call` throws after the model's reply was complete
 */
export async function attempt<Result, Config extends RunnableConfig>(
  call: (config: Config) => Promise<Result>,
  config: Config,
  { inFlight, saysFinish }: Candidate,
  limits: WatchLimits,
): Promise<Result> {
  const leave = await inFlight.enter(config.signal);
  const watched = watch(config, limits, saysFinish);
  try {
    const result = await call(watched.config);
    watched.check();
    return result;
  } catch (error) {
    throw watched.isComplete() ? error : new ModelFailure("The model failed", { cause: watched.overrun() ?? error });
  } finally {
    watched.end();
    leave();
  }
}

/** The same for a reply that is read piece by piece; the place is held until the reader is done. */
export async function* attemptStream<Chunk, Config extends RunnableConfig>(
  call: (config: Config) => Promise<AsyncIterable<Chunk>>,
  config: Config,
  { inFlight, saysFinish }: Candidate,
  limits: WatchLimits,
): AsyncGenerator<Chunk, undefined> {
  const leave = await inFlight.enter(config.signal);
  const watched = watch(config, limits, saysFinish, true);
  try {
    yield* await call(watched.config);
    watched.check();
  } catch (error) {
    throw watched.isComplete() ? error : new ModelFailure("The model failed", { cause: watched.overrun() ?? error });
  } finally {
    watched.end();
    leave();
  }
}
