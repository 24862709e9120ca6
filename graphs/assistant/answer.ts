/** Answers: sentence by sentence as the guard lets them pass, with citations as data, and what is to be said of it all. */
import { type AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { chatModel } from "../../src/llm/chat-model.ts";
import { exceeded, meter } from "../shared/budget.ts";
import { cite, nameOf, type Passage } from "../shared/citations.ts";
import { isGreeting } from "../shared/claims.ts";
import { forbiddenIn, type GuardContext } from "../shared/input-guard.ts";
import { judged } from "../shared/judgements.ts";
import { masker } from "../shared/masker.ts";
import { taskOf } from "../shared/messages.ts";
import { unanswered } from "../shared/outcome.ts";
import { createOutputGuard, type OutputGuard } from "../shared/output-guard.ts";
import { release, unheard } from "../shared/release.ts";
import { evidenceOf, fromDocuments, promptOf } from "./prompt.ts";
import { type AssistantState, memorySource, type Node, type Runtime, settingsOf } from "./state.ts";

const unknown = "I do not know.";
/** In characters. */
const longestName = 100;
/** To a message that only greets or thanks, where the model has said nothing. */
const courtesies: readonly (readonly [RegExp, string])[] = [
  [/\bdank/iu, "Gern geschehen."],
  [/\b(?:hallo|guten|willkommen)\b/iu, "Hallo! Fragen Sie etwas zu Ihren Dokumenten."],
  [/\bthank|\bmerci\b|\bgracias\b/iu, "You are welcome."],
  [/\b(?:good)?bye\b/iu, "Goodbye!"],
  [/^/u, "Hello! Ask me something about your documents."],
];

/**
 * The short path: one call of a model, whose sentences are released while it writes them. Where it does not know,
 * nothing is said, and the model with tools is asked.
 */
export const answer: Node = async (state, runtime) => {
  const over = exceeded(state, runtime);
  if (over) return unanswered(over);
  const settings = settingsOf(runtime);
  const { config, spent } = meter(state, runtime);
  const guard = createOutputGuard(evidenceOf(state, settings), settings);
  const model = await chatModel(runtime, "answer");
  const reply = await model.stream(promptOf(state, settings, fromDocuments), unheard(config));
  const ended = () => (guard.outcome().kind === "blocked" ? guard.outcome().reason : "");
  const message = await release(reply, runtime, onceAnswered(guard), ended);
  const judgements = judged(state.judgements, ...guard.judgements());
  if (message.text === "") return { route: "tools", budget: spent() };
  return { ...finished({ ...state, judgements }, message, guard, runtime), budget: spent() };
};

/** The paid path's end: the draft, which is guarded already, is said. */
export const deliver: Node = async (state, runtime) => {
  const settings = settingsOf(runtime);
  const guard = createOutputGuard(evidenceOf(state, settings), settings);
  const { draft, usage } = state;
  const reply = [new AIMessageChunk({ content: draft, ...(usage && { usage_metadata: usage }) })];
  const message = await release(reply, runtime, guard.check, closing(state, settings, guard));
  return finished(state, message, guard, runtime);
};

/** Holds back what claims nothing ("I do not know", "Here is what I found") until something does. */
function onceAnswered(guard: OutputGuard): (sentence: string) => string {
  const held: string[] = [];
  return (sentence) => {
    held.push(guard.check(sentence));
    return guard.hasAnswered() ? held.splice(0).filter(Boolean).join(" ") : "";
  };
}

/** What is said where the guard has left no answer, or the model knew none: so, and which passages come nearest. */
function closing({ messages, passages }: AssistantState, settings: GuardContext, guard: OutputGuard) {
  return (shown: string): string => {
    if (shown !== "" && guard.outcome().kind === "answered") return "";
    const asked = taskOf(messages).text ?? "";
    const [, courtesy = ""] = courtesies.find(([pattern]) => pattern.test(asked)) ?? [];
    if (isGreeting(asked)) return shown === "" ? courtesy : "";
    const documents = passages.filter(({ source }) => source !== memorySource);
    const nearest = documents.map((passage) => `${shownName(passage, settings)} [${passage.marker}]`.trim());
    const admission = shown === "" || guard.owesAnswer() ? guard.check(unknown) : "";
    const pointer = nearest.length > 0 ? `These passages come nearest: ${nearest.join(", ")}` : "";
    return [admission, pointer].filter(Boolean).join(" ");
  };
}

/** Where a passage stands, in letters alone, since no guard reads it; nothing where the policy has something against it. */
function shownName(passage: Passage, settings: GuardContext): string {
  const name = masker(settings)(nameOf(passage)).replace(/[^\p{L}\p{M}\p{N}.,>'’-]+/gu, " ");
  return forbiddenIn(name, settings.forbidden) === undefined ? name.trim().slice(0, longestName) : "";
}

/** The update that ends the task. The citations stand beside the text too, for clients that see messages only. */
function finished(state: AssistantState, message: AIMessage, guard: OutputGuard, runtime: Runtime) {
  const question = taskOf(state.messages).text ?? "";
  const retrieved = state.passages.map((passage) => cite(question, passage));
  const used = [...new Set(guard.citations().map(({ chunk }) => chunk))];
  const isKnown = guard.outcome().kind === "answered";
  const citations = isKnown
    ? guard.citations()
    : retrieved.filter(({ marker }) => message.text.includes(`[${marker}]`));
  const judgements = judged(state.judgements, { name: "used", value: used.length });
  const held = judgements.find(({ name, value }) => name === "output-guard" && value === false);
  if (held) runtime.writer?.({ type: "guard-blocked", guard: "output", reason: held.comment });
  message.additional_kwargs = { ...message.additional_kwargs, citations, retrieved };
  const outcome =
    message.text === "" ? { kind: "unknown" as const, reason: "The model said nothing." } : guard.outcome();
  return { messages: [message], citations, used, judgements, outcome };
}
