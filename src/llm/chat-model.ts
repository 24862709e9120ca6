/** Which model a graph talks to: the assistant's, else the server's, else the offline model. */
import { z } from "zod";
import { type Config, currentConfig } from "../config.ts";
import { SignalboxError } from "../errors.ts";
import type { Candidate } from "./attempt.ts";
import { howToSetAModel, ModelContext } from "./context.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { OfflineChatModel } from "./offline/model.ts";
import { type ChatModel, type ModelSettings, openProvider, providerOf, speaksOpenAi } from "./provider.ts";
import { Recorder } from "./recorder.ts";
import { ReplayChatModel } from "./replay.ts";
import { SteadyChatModel } from "./steady-model.ts";
import { openTape, type Tape } from "./tape.ts";

type Wording = Pick<ModelSettings, "temperature" | "maxTokens">;

/** Used when there is an OpenAI key and nothing names a model. */
const defaultModel = "openai:gpt-5.4-mini";

/** Clients choose model and temperature, so what is kept of them must be bounded. */
const modelsKept = 64;
interface Opened {
  readonly under: Config;
  readonly models: Map<string, Promise<ChatModel>>;
  /** How many calls each provider has. */
  readonly inFlight: Map<string, InFlight>;
  readonly tape: Tape | undefined;
  /** By the name under which they were lent. */
  readonly cassettes: Map<string, Extract<Tape, { mode: "replay" }>>;
}
let current: Opened | undefined;

/** What was opened under the current settings. */
function opened(): Opened {
  const config = currentConfig();
  if (current?.under !== config)
    current = {
      under: config,
      models: new Map(),
      inFlight: new Map(),
      tape: openTape(config.model),
      cassettes: new Map(),
    };
  return current;
}

/**
 * The model of a node's run: `context.models[node]`, else `context.model`, else MODEL, else OpenAI's if there is a
 * key, else the offline model. A real one is tried again when it fails, and then `context.fallbacks` are asked.
 * Instances are shared by all runs with the same settings.
 * @param runtime what a graph hands to its nodes; only `context` is read
 * @param node the name under which the context may give this node a model of its own
 * @throws SignalboxError "invalid-request" for a wrong context, "invalid-configuration" for a model that cannot be
 *   opened; the message says what is missing
 */
export async function chatModel(
  runtime: { readonly context?: ModelContext | undefined },
  node = "",
): Promise<ChatModel> {
  const context = ModelContext.safeParse(runtime.context ?? {});
  if (!context.success) throw new SignalboxError("invalid-request", `Wrong context. ${z.prettifyError(context.error)}`);
  const { model, models = {}, fallbacks = [], temperature, max_tokens } = context.data;
  const first = (Object.hasOwn(models, node) ? models[node] : model) ?? serverModel();
  return kept([...new Set([first, ...fallbacks])], { temperature, maxTokens: max_tokens });
}

/**
 * Has a cassette answer where a context names it as its model, until the settings change. Only a program can do so:
 * a client of a server must not choose files.
 * @throws SignalboxError "invalid-configuration" for a cassette that cannot be read
 */
export function lendCassette(name: string, file: string): void {
  const tape = openTape(`replay:${file}`);
  if (tape?.mode === "replay") opened().cassettes.set(name, tape);
}

/** The models' instance for these settings, opened if it is not there yet. */
function kept(names: readonly string[], wording: Wording): Promise<ChatModel> {
  const { models } = opened();
  const key = JSON.stringify([names, wording]);
  const known = models.get(key);
  if (known) return known;
  const model = open(names, wording);
  models.set(key, model);
  model.catch(() => models.delete(key));
  const oldest = models.size > modelsKept ? models.keys().next().value : undefined;
  if (oldest !== undefined) models.delete(oldest);
  return model;
}

async function open(names: readonly string[], wording: Wording): Promise<ChatModel> {
  const { tape, cassettes } = opened();
  const lent = cassettes.get(names[0] ?? "");
  if (lent) return new ReplayChatModel(lent.cassette, lent.file, lent.model, wording);
  if (tape?.mode === "replay") return new ReplayChatModel(tape.cassette, tape.file, names[0] ?? tape.model, wording);
  const [first, ...fallbacks] = await Promise.all(names.map((name) => candidate(name, wording)));
  // The offline model does not fail.
  if (!first || first.name === "offline") return first?.model ?? new OfflineChatModel();
  return new SteadyChatModel([first, ...fallbacks], currentConfig().limits);
}

async function candidate(name: string, wording: Wording): Promise<Candidate> {
  const { openaiApiKey, openaiBaseUrl, limits } = currentConfig();
  const { inFlight: all, tape } = opened();
  const callbacks = tape?.mode === "record" ? [new Recorder(tape.recording, name, wording)] : undefined;
  const settings = { name, ...wording, openaiApiKey, openaiBaseUrl, callbacks };
  const model = name === "offline" ? new OfflineChatModel({ callbacks }) : await openProvider(settings);
  const saysFinish = speaksOpenAi(settings);
  const provider = saysFinish ? "openai" : providerOf(name);
  const inFlight = all.get(provider) ?? createInFlight(limits.modelCallsInFlight);
  all.set(provider, inFlight);
  return { name, model, saysFinish, inFlight };
}

/** One line for people: the model that the server uses and, if it is the offline one, how to set a real one. */
export function describeModel(): string {
  const name = serverModel();
  const { tape } = opened();
  if (tape?.mode === "replay") return `Model: ${name}, replayed from ${tape.file}`;
  if (tape) return `Model: ${name}, recorded to ${tape.file}`;
  if (name === "offline") return `Model: offline (it only computes and repeats). ${howToSetAModel}`;
  const { openaiBaseUrl } = currentConfig();
  const isThere = openaiBaseUrl !== undefined && speaksOpenAi({ name, openaiBaseUrl });
  return `Model: ${name}${isThere ? ` at ${new URL(openaiBaseUrl).host}` : ""}`;
}

/** True where a cassette answers every call, whichever model it names: nothing is paid, and no chance is involved. */
export function isReplayed(): boolean {
  return opened().tape?.mode === "replay";
}

/** The name of the model that is used where neither assistant nor run names one. */
export function serverModel(): string {
  const { model, openaiApiKey } = currentConfig();
  const { tape } = opened();
  return (tape ? tape.model : model) ?? (openaiApiKey ? defaultModel : "offline");
}
