/** Reasons and acts: a model with tools, until it writes a draft. */
import { AIMessage, ToolMessage } from "@langchain/core/messages";
import type { InvalidToolCall, ToolCall } from "@langchain/core/messages/tool";
import type { StructuredToolInterface } from "@langchain/core/tools";
import { Send } from "@langchain/langgraph";
import { z } from "zod";
import { chatModel } from "../../src/llm/chat-model.ts";
import { configuredTools } from "../../tools/registry.ts";
import { type Passage, searchDocuments, searchDocumentsWith } from "../../tools/search-documents.ts";
import { exceeded, meter } from "../shared/budget.ts";
import { passageOf } from "../shared/citations.ts";
import { judged } from "../shared/judgements.ts";
import { masker } from "../shared/masker.ts";
import { unanswered } from "../shared/outcome.ts";
import { createOutputGuard } from "../shared/output-guard.ts";
import { filtered, unheard } from "../shared/release.ts";
import { act as actOut, answerable, callsOf, repeated } from "../shared/tool-calls.ts";
import { evidenceOf, promptOf, withTools } from "./prompt.ts";
import { type AssistantState, mostCalls, type Node, type Runtime, settingsOf } from "./state.ts";

/** Of one reply. */
const mostAtOnce = 32;

/** Asks for tools, or writes a draft; only what the guard passes of it gets into the state. */
export const think: Node = async (state, runtime) => {
  const over = exceeded(state, runtime, { steps: mostCalls });
  if (over) return unanswered(over, state.draft);
  const settings = settingsOf(runtime);
  const { config, spent } = meter(state, runtime);
  const model = (await chatModel(runtime, "think")).bindTools(await allowedTools(runtime));
  const advice = state.advice && `Your last draft was sent back.\nDraft: ${state.draft}\nThe critic: ${state.advice}`;
  const reply = answerable(await model.invoke(promptOf(state, settings, withTools, advice), unheard(config)));
  const calls = callsOf(reply).length;
  if (calls > mostAtOnce) {
    const reason = `I stopped here: the model asked for ${calls} calls at once, and ${mostAtOnce} is the most.`;
    return { ...unanswered({ kind: "budget-exceeded", reason }, state.draft), budget: spent() };
  }
  if (calls > 0) return { messages: [withoutText(reply)], budget: spent() };
  const guard = createOutputGuard(evidenceOf(state, settings), settings);
  const draft = filtered(reply.text, guard.check);
  const judgements = judged(state.judgements, ...guard.judgements());
  return { draft, usage: reply.usage_metadata ?? null, judgements, budget: spent() };
};

/** What a model says beside its calls is for nobody: no guard has seen it. */
function withoutText({ id, tool_calls, invalid_tool_calls, usage_metadata, response_metadata }: AIMessage): AIMessage {
  const calls = { tool_calls: tool_calls ?? [], invalid_tool_calls: invalid_tool_calls ?? [] };
  return new AIMessage({ id, content: "", ...calls, response_metadata, ...(usage_metadata && { usage_metadata }) });
}

interface Action {
  readonly call: ToolCall | InvalidToolCall;
  readonly refusal: ToolMessage | undefined;
  readonly tainted: readonly string[];
}

/** A call in its own task; where it needs a human's approval, it waits here. Found passages become documents. */
export const act = async ({ call, refusal, tainted }: Action, runtime: Runtime) => {
  if (refusal) return { messages: [refusal] };
  // Unheard, because what tools give is not masked yet.
  const done = await actOut(call, await allowedTools(runtime), unheard(runtime), tainted);
  const mask = masker(settingsOf(runtime));
  const found = done.messages.flatMap(({ artifact }) => passagesIn(artifact));
  const told = found.length > 0 ? `${found.length} passages were found; they are among the documents.` : undefined;
  const messages = done.messages.map(
    ({ id, name, status, tool_call_id, text }) =>
      new ToolMessage({ id, name, status, tool_call_id, content: told ?? mask(text) }),
  );
  const passages = found.map((passage) => passageOf(passage, mask));
  return { messages, passages, tainted: done.tainted };
};

const Found = z.array(z.looseObject({ id: z.string(), source: z.string(), text: z.string(), start: z.number() }));

/** The passages that search_documents gives beside its text; other tools give none. */
function passagesIn(artifact: unknown): Passage[] {
  return Found.safeParse(artifact).success ? (artifact as Passage[]) : [];
}

async function allowedTools({ context }: Runtime): Promise<StructuredToolInterface[]> {
  const { tools, metadata } = context ?? {};
  const allowed = await configuredTools(tools);
  // The model's own searches keep to the same documents.
  const search = metadata && searchDocumentsWith({ metadata });
  return allowed.map((tool) => (search && tool.name === searchDocuments.name ? search : tool));
}

/** The edge behind `think`: to a task for each call; with a draft to the critic, if the question is worth one. */
export function actOrGoOn({ messages, tainted, outcome, route }: AssistantState): Send[] | string {
  if (outcome) return "__end__";
  const calls = callsOf(messages.at(-1));
  if (calls.length === 0) return route === "research" ? "reflect" : "deliver";
  return calls.map((call) => new Send("act", { call, refusal: repeated(call, messages), tainted } satisfies Action));
}
