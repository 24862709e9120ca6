/** Which model a graph talks to: the assistant's, else the server's, else the offline model. */
import { z } from "zod";
import { currentConfig } from "../config.ts";
import { SignalboxError } from "../errors.ts";
import { ModelContext } from "./context.ts";
import { howToSetAModel } from "./offline/answer.ts";
import { OfflineChatModel } from "./offline/model.ts";
import { type ChatModel, type ModelSettings, openProvider, speaksOpenAi } from "./provider.ts";

/** Used when there is an OpenAI key and nothing names a model. */
const defaultModel = "openai:gpt-5.4-mini";

/** Clients choose model and temperature, so what is kept of them must be bounded. */
const modelsKept = 64;
const models = new Map<string, Promise<ChatModel>>();

/**
 * The model of a node's run: `context.model`, else MODEL, else OpenAI's if there is a key, else the offline model.
 * Instances are shared by all runs with the same settings.
 * @param runtime what a graph hands to its nodes; only `context` is read
 * @throws SignalboxError "invalid-request" for a wrong context, "invalid-configuration" for a model that cannot be
 *   opened; the message says what is missing
 */
export async function chatModel(runtime: { readonly context?: ModelContext | undefined }): Promise<ChatModel> {
  const context = ModelContext.safeParse(runtime.context ?? {});
  if (!context.success) throw new SignalboxError("invalid-request", `Wrong context. ${z.prettifyError(context.error)}`);
  const settings = modelSettings(context.data);
  const key = JSON.stringify(Object.values(settings));
  const kept = models.get(key);
  if (kept) return kept;
  const opened = settings.name === "offline" ? Promise.resolve(new OfflineChatModel()) : openProvider(settings);
  models.set(key, opened);
  opened.catch(() => models.delete(key));
  const oldest = models.size > modelsKept ? models.keys().next().value : undefined;
  if (oldest !== undefined) models.delete(oldest);
  return opened;
}

/** One line for people: the model that the server uses and, if it is the offline one, how to set a real one. */
export function describeModel(): string {
  const settings = modelSettings({});
  if (settings.name === "offline") return `Model: offline (it only computes and repeats). ${howToSetAModel}`;
  const { openaiBaseUrl } = settings;
  const where = openaiBaseUrl !== undefined && speaksOpenAi(settings) ? ` at ${new URL(openaiBaseUrl).host}` : "";
  return `Model: ${settings.name}${where}`;
}

function modelSettings({ model, temperature }: ModelContext): ModelSettings {
  const { model: serverModel, openaiApiKey, openaiBaseUrl } = currentConfig();
  const name = model ?? serverModel ?? (openaiApiKey ? defaultModel : "offline");
  return { name, temperature, openaiApiKey, openaiBaseUrl };
}
