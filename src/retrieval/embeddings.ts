/** Texts as vectors, by the model that EMBEDDINGS names. */
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { currentConfig } from "../config.ts";
import { SignalboxError } from "../errors.ts";

export interface Embeddings {
  /** `provider:model`; vectors of different models cannot be compared. */
  readonly model: string;
  /** @returns a vector of length 1 for each text, in its order */
  embedTexts(texts: readonly string[]): Promise<number[][]>;
  embedQuestion(text: string): Promise<number[]>;
}

/** Texts that are sent at once. */
const batchSize = 64;
/** Documents can wait; with a question somebody waits, and its words find something too. */
const patience = {
  documents: { maxRetries: 2, timeout: 60_000 },
  question: { maxRetries: 0, timeout: 10_000 },
};

/**
 * The configured embeddings, or undefined without any.
 * @param purpose failed requests are tried again for documents, and given up soon for a question
 * @throws SignalboxError "invalid-configuration" where they cannot be opened; "model-failed" from its functions
 */
export async function openEmbeddings(purpose: keyof typeof patience): Promise<Embeddings | undefined> {
  const { embeddings: model } = currentConfig().retrieval;
  if (model === undefined) return undefined;
  const opened = await open(model, patience[purpose]).catch((cause) => {
    const message = `Cannot open the embeddings "${model}": ${cause.message}`;
    throw new SignalboxError("invalid-configuration", message, { cause });
  });
  const asked = async (work: () => Promise<number[][]>): Promise<number[][]> => {
    try {
      const vectors = await work();
      if (vectors.some((vector) => vector.length === 0)) throw new Error("they gave a vector without numbers");
      return vectors.map(normalised);
    } catch (cause) {
      // Providers' clients add a page of help to a message.
      const [reason] = String(cause instanceof Error ? cause.message : cause).split("\n");
      throw new SignalboxError("model-failed", `The embeddings ${model} failed: ${reason}`, { cause });
    }
  };
  return {
    model,
    embedTexts: (texts) => asked(() => opened.embedDocuments([...texts])),
    async embedQuestion(text) {
      const [vector = []] = await asked(async () => [await opened.embedQuery(text)]);
      return vector;
    },
  };
}

async function open(name: string, patient: typeof patience.question): Promise<EmbeddingsInterface> {
  const [provider = ""] = name.split(":", 1);
  const settings = { model: name.slice(provider.length + 1), batchSize, ...patient };
  const { openaiApiKey, openaiBaseUrl } = currentConfig();
  if (provider === "openai") {
    if (!openaiApiKey && !openaiBaseUrl)
      throw new Error("set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own.");
    const { OpenAIEmbeddings } = await import("@langchain/openai");
    // Local servers want no key, but the client insists on one.
    return new OpenAIEmbeddings({
      ...settings,
      apiKey: openaiApiKey ?? "none",
      encodingFormat: "float",
      configuration: { baseURL: openaiBaseUrl },
    });
  }
  const module: Record<string, unknown> = await import(`@langchain/${provider}`).catch((cause) => {
    if (cause?.code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new Error(`its package is missing: npm install @langchain/${provider}`, { cause });
  });
  const [, Provider] = Object.entries(module).find(([exported]) => exported.endsWith("Embeddings")) ?? [];
  if (typeof Provider !== "function") throw new Error(`@langchain/${provider} has no embeddings.`);
  return Reflect.construct(Provider, [settings]);
}

function normalised(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => (length === 0 ? 0 : value / length));
}
