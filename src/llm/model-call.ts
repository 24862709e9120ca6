/** One call of a model as it is asked: the same whichever provider's format it was put into. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import type { BindToolsInput } from "@langchain/core/language_models/chat_models";
import type { BaseMessage } from "@langchain/core/messages";
import { convertToOpenAITool, isLangChainTool } from "@langchain/core/utils/function_calling";

export interface ModelCall {
  readonly messages: readonly BaseMessage[];
  readonly tools: readonly FunctionDefinition[];
  /** As the caller gave it, in its provider's format; `choiceOf` reads it. */
  readonly toolChoice: unknown;
  readonly stop: readonly string[];
  /** Which repetition of an evaluation the call belongs to; empty outside of one. */
  readonly trial: string;
}

/** Takes LangChain's tools, OpenAI's definitions, and bare ones with `parameters`, `input_schema` or `schema`. */
export function toolsOf(tools: readonly BindToolsInput[]): FunctionDefinition[] {
  return tools.map((tool) => {
    const given = record(isLangChainTool(tool) ? convertToOpenAITool(tool) : tool);
    const { name, description, ...rest } = record(given.function ?? given);
    const parameters = record(rest.parameters ?? rest.input_schema ?? rest.schema);
    return { name: String(name ?? ""), description: String(description ?? ""), parameters };
  });
}

/** `auto`, `none`, `required`, or the name of the tool that must be called. */
export function choiceOf(toolChoice: unknown): string {
  const given = record(toolChoice);
  const choice = String(record(given.function).name ?? given.name ?? given.type ?? toolChoice ?? "auto");
  return choice === "any" ? "required" : choice;
}

/** The trial that an evaluation sets in a run's metadata as `eval_trial`. */
export function trialOf(metadata: Readonly<Record<string, unknown>> | undefined): string {
  return metadata?.eval_trial === undefined ? "" : String(metadata.eval_trial);
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
