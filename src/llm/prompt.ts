/** The text that a node gives its model: Langfuse's, where it is kept there, else the file's own. */
import { currentConfig } from "../config.ts";

/** Where the context names no other. */
const usualLabel = "production";

/**
 * The prompt `name` with the label of `context.prompt_label` ("production" unless given); calls of a model with this
 * text are linked to it in their trace.
 * @param runtime what a graph hands to its nodes; only `context` is read
 * @param fallback the text of the graph's file, which is used without Langfuse, and while it does not answer
 */
export async function prompt(
  runtime: { readonly context?: { readonly prompt_label?: string | undefined } | undefined },
  name: string,
  fallback: string,
): Promise<string> {
  const config = currentConfig();
  if (!config.langfuse) return fallback;
  const { promptText } = await import("../langfuse/prompts.ts");
  return await promptText(config, { name, label: runtime.context?.prompt_label ?? usualLabel, fallback });
}
