/** What a user may set of the model, per assistant or per run: the context schema of graphs that call one. */
import { z } from "zod";

export const ModelContext = z.object({
  model: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("The model as provider:name, such as openai:gpt-5.4-mini, or offline. Left out: the server's own."),
  temperature: z.number().min(0).max(2).optional().describe("How freely the model words its answer, 0 to 2."),
});

export type ModelContext = z.infer<typeof ModelContext>;
