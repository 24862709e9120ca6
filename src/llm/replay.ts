/** A model that answers from a cassette: `MODEL=replay:FILE`. */
import { SignalboxError } from "../errors.ts";
import type { Cassette } from "./cassette.ts";
import { type Asked, askedOf } from "./cassette-entry.ts";
import { ComputedChatModel, type Reply, tokenize } from "./computed-model.ts";
import type { ModelCall } from "./model-call.ts";

export class ReplayChatModel extends ComputedChatModel {
  readonly #cassette: Cassette;
  readonly #file: string;
  readonly #model: string;
  readonly #parameters: Asked["parameters"];

  /** @param model as a user names it, which the recorded calls must be of */
  constructor(cassette: Cassette, file: string, model: string, parameters: Asked["parameters"]) {
    super();
    this.#cassette = cassette;
    this.#file = file;
    this.#model = model;
    this.#parameters = parameters;
  }

  _llmType(): string {
    return "replay";
  }

  /** @throws SignalboxError "cassette-miss" for a call that was not recorded */
  protected override reply(call: ModelCall): Reply {
    const asked = askedOf(call, this.#model, this.#parameters);
    const found = this.#cassette.find(asked);
    if (!found) {
      const nearest = this.#cassette.describeNearest(asked);
      throw new SignalboxError(
        "cassette-miss",
        `The cassette ${this.#file} has no reply to this call of ${this.#model}. ${nearest} Record it again with MODEL=record:${this.#file}.`,
      );
    }
    return {
      // A reply that was recorded whole is streamed, too, if it is asked for so.
      pieces: found.pieces.length === 1 ? tokenize(found.pieces[0] ?? "") : found.pieces,
      tool_calls: found.tool_calls.map((made) => ({ ...made, type: "tool_call" as const })),
      invalid_tool_calls: found.invalid_tool_calls,
      usage_metadata: found.usage,
      response_metadata: found.response_metadata,
    };
  }
}
