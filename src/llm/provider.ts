/** Opens a real model: any provider that langchain knows, and any server that speaks OpenAI's protocol. */
import type { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { _inferModelProvider, initChatModel, MODEL_PROVIDER_CONFIG } from "langchain/chat_models/universal";
import { SignalboxError } from "../errors.ts";

/** A chat model that can be given tools. */
export type ChatModel = BaseChatModel & Required<Pick<BaseChatModel, "bindTools">>;

export interface ModelSettings {
  /** `provider:name`; a name alone where its provider is plain, or where a base URL is set. */
  readonly name: string;
  readonly temperature?: number | undefined;
  /** The longest reply, in tokens. */
  readonly maxTokens?: number | undefined;
  readonly openaiApiKey?: string | undefined;
  readonly openaiBaseUrl?: string | undefined;
  /** Listen to each of its calls. */
  readonly callbacks?: BaseCallbackHandler[] | undefined;
}

/**
 * Opens the model; nothing is sent yet. Other providers than OpenAI read their keys from the environment themselves.
 * @throws SignalboxError "invalid-configuration" for a provider that is unknown, not installed or without its key
 */
export async function openProvider(settings: ModelSettings): Promise<ChatModel> {
  try {
    const model = await open(settings);
    if (hasTools(model)) return model;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SignalboxError("invalid-configuration", `Cannot open the model "${settings.name}": ${reason}`, {
      cause: error,
    });
  }
  throw new SignalboxError("invalid-configuration", `The model "${settings.name}" cannot be given tools; use another.`);
}

/** True if the name is served by OpenAI, or by the server at OPENAI_BASE_URL. */
export function speaksOpenAi({ name, openaiBaseUrl }: ModelSettings): boolean {
  if (Object.hasOwn(MODEL_PROVIDER_CONFIG, providerOf(name))) return providerOf(name) === "openai";
  return openaiBaseUrl !== undefined || _inferModelProvider(name) === "openai";
}

async function open(settings: ModelSettings): Promise<BaseChatModel> {
  const { name, temperature, maxTokens, openaiApiKey, openaiBaseUrl, callbacks } = settings;
  // Attempts are made by steady-model.ts, for all providers alike.
  const options = { streamUsage: true, maxRetries: 0, temperature, maxTokens, callbacks };
  if (!speaksOpenAi(settings)) {
    const isKnown = Object.hasOwn(MODEL_PROVIDER_CONFIG, providerOf(name)) || _inferModelProvider(name) !== undefined;
    if (isKnown) return unwrapped(name, options);
    const known = Object.keys(MODEL_PROVIDER_CONFIG).join(", ");
    throw new Error(
      `it is of no provider that is known. Write provider:name, with one of these: ${known}; ` +
        "or set OPENAI_BASE_URL for a server that speaks OpenAI's protocol.",
    );
  }
  if (!openaiApiKey && !openaiBaseUrl)
    throw new Error("set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own.");
  return unwrapped(providerOf(name) === "openai" ? name : `openai:${name}`, {
    ...options,
    // Local servers want no key, but the client insists on one.
    apiKey: openaiApiKey ?? "none",
    configuration: { baseURL: openaiBaseUrl },
  });
}

/** initChatModel's wrapper opens the provider's model anew on every bindTools; the model inside it does not. */
async function unwrapped(name: string, options: Record<string, unknown>): Promise<BaseChatModel> {
  const wrapper = await initChatModel(name, options);
  return wrapper._getModelInstance();
}

/** The provider in `provider:name`, or "" for a name alone. */
export function providerOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf(":")));
}

function hasTools(model: BaseChatModel): model is ChatModel {
  return model.bindTools !== undefined;
}
