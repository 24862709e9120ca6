/** What a user may set of the model, per assistant or per run: the context schema of graphs that call one. */
import { z } from "zod";

const mostFallbacks = 3;
const mostNodes = 32;

const modelName = z.string().min(1).max(200);

export const ModelContext = z.object({
  model: modelName
    .optional()
    .describe("The model as provider:name, such as openai:gpt-5.4-mini, or offline. Left out: the server's own."),
  models: z
    .record(z.string().min(1).max(100), modelName)
    .refine((models) => Object.keys(models).length <= mostNodes, `models names more than ${mostNodes} nodes`)
    .optional()
    .describe("Other models for single nodes of the graph: the node's name and the model's."),
  fallbacks: z
    .array(modelName)
    .max(mostFallbacks)
    .optional()
    .describe("The models that are asked, in this order, when the first one fails."),
  temperature: z.number().min(0).max(2).optional().describe("How freely the model words its answer, 0 to 2."),
  max_tokens: z.int().min(1).max(1_000_000).optional().describe("The longest reply of the model, in tokens."),
  prompt_label: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("Which of a prompt's versions in Langfuse is used, by its label. Left out: production."),
});

export type ModelContext = z.infer<typeof ModelContext>;

/** What a reader is told whose replies no real model has made. */
export const howToSetAModel =
  "For a real model set OPENAI_API_KEY, or MODEL=provider:name and its key, or OPENAI_BASE_URL and MODEL=openai:name.";
