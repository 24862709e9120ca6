/** Writes each call of a model to a cassette, as it is answered: `MODEL=record:FILE`. */
import { appendFileSync, existsSync } from "node:fs";
import { dirname } from "node:path";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { BindToolsInput } from "@langchain/core/language_models/chat_models";
import type { Serialized } from "@langchain/core/load/serializable";
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import type { LLMResult } from "@langchain/core/outputs";
import { makeFolder } from "../make-folder.ts";
import { readCassette } from "./cassette.ts";
import { type Asked, askedOf, type CassetteEntry, keyOf, replyOf } from "./cassette-entry.ts";
import { record, toolsOf, trialOf } from "./model-call.ts";

export interface Recording {
  /** Writes a call, unless the same one is there already. */
  add(entry: CassetteEntry & { key: string }): void;
}

/** Goes on with a cassette, or begins it. Its folder is made. */
export function openRecording(path: string): Recording {
  makeFolder(dirname(path));
  const known = new Set(existsSync(path) ? readCassette(path).entries.map((entry) => "key" in entry && entry.key) : []);
  return {
    add(entry) {
      if (known.has(entry.key)) return;
      known.add(entry.key);
      // At once and whole: what a run was answered is on its cassette even if the next step kills the process.
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
    },
  };
}

/** Listens to one model: a class, because that is what LangChain knows a listener by. */
export class Recorder extends BaseCallbackHandler {
  name = "signalbox-recorder";
  override awaitHandlers = true;
  override ignoreChain = true;
  /** A recording that cannot be written is no recording. */
  override raiseError = true;
  readonly #calls = new Map<string, { asked: Asked; pieces: string[] }>();
  readonly #recording: Recording;
  readonly #model: string;
  readonly #parameters: Asked["parameters"];

  /** @param model as a user names it */
  constructor(recording: Recording, model: string, parameters: Asked["parameters"]) {
    super();
    this.#recording = recording;
    this.#model = model;
    this.#parameters = parameters;
  }

  override handleChatModelStart(
    _model: Serialized,
    [messages = []]: BaseMessage[][],
    runId: string,
    _parentRunId?: string,
    extra: Record<string, unknown> = {},
    _tags?: string[],
    metadata?: Record<string, unknown>,
  ): void {
    const { tools, tool_choice, stop } = { ...record(extra.options), ...record(extra.invocation_params) };
    const call = {
      messages,
      tools: toolsOf(Array.isArray(tools) ? (tools as BindToolsInput[]) : []),
      toolChoice: tool_choice,
      stop: Array.isArray(stop) ? stop.map(String) : [],
      trial: trialOf(metadata),
    };
    this.#calls.set(runId, { asked: askedOf(call, this.#model, this.#parameters), pieces: [] });
  }

  override handleLLMNewToken(token: string, _index: unknown, runId: string): void {
    if (token !== "") this.#calls.get(runId)?.pieces.push(token);
  }

  override handleLLMError(_error: unknown, runId: string): void {
    this.#calls.delete(runId);
  }

  override handleLLMEnd({ generations }: LLMResult, runId: string): void {
    const call = this.#calls.get(runId);
    this.#calls.delete(runId);
    const generation = generations[0]?.[0];
    const message = generation && "message" in generation ? generation.message : undefined;
    if (!call || !AIMessage.isInstance(message)) return;
    const metadata = { ...generation?.generationInfo, ...message.response_metadata };
    const reply = replyOf(message, call.pieces, metadata);
    this.#recording.add({ key: keyOf(call.asked), ...call.asked, reply });
  }
}
