/** What the offline model does with a conversation: calls the tools that its question asks for, or answers it. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ToolCall } from "@langchain/core/messages/tool";
import { type Call, planCalls } from "./plan.ts";
import { draftHeading, isQuestion, judge, section, sections, sentences, summary, taskHeading, terms } from "./text.ts";

export const howToSetAModel =
  "For a real model set OPENAI_API_KEY, or MODEL=provider:name and its key, or OPENAI_BASE_URL and MODEL=openai:name.";

const speakers: Record<string, string> = { human: "You said", system: "My instructions say", tool: "A tool said" };

/** A text or calls, the same for the same conversation. `choice`: auto, none, any or required, or a tool's name. */
export function answer(messages: readonly BaseMessage[], tools: readonly FunctionDefinition[], choice: string) {
  const asked = messages.findLastIndex(({ type }) => type === "human");
  const question = messages.at(asked)?.text ?? "";
  const instructions = messages.flatMap(({ type, text }) => (type === "system" ? [text] : [])).join("\n");
  // What the user sent along with the question, in messages of their own.
  const previous = messages.findLastIndex(({ type }, index) => index < asked && type !== "human");
  const enclosed = messages.slice(previous + 1, Math.max(0, asked)).map(({ text }) => text);
  const material = enclosed.length > 0 ? [...enclosed, `Request:\n${question}`].join("\n\n") : question;
  const turn = messages.slice(asked + 1);
  const made = turn.filter((message) => AIMessage.isInstance(message)).flatMap((message) => message.tool_calls ?? []);
  const key = ({ name, args }: Call) => JSON.stringify([name, args]);
  const allowed = tools.filter(({ name }) => ["auto", "any", "required", name].includes(choice));
  const known = new Set(made.map(key));
  const calls = planCalls(question, allowed, false).filter((call) => !known.has(key(call)) && known.add(key(call)));
  if (calls.length > 0) return { text: "", calls };
  if (choice !== "auto" && allowed.length > 0) {
    const unused = allowed.filter(({ name }) => made.every((call) => call.name !== name));
    return { text: "", calls: planCalls(material, unused.length > 0 ? unused : allowed, true) };
  }
  const results = turn.filter((message) => ToolMessage.isInstance(message));
  const names = tools.map(({ name }) => name).join(", ") || "none here";
  const text =
    results.map((result) => report(result, made)).join("\n") ||
    compose(material, instructions) ||
    quote(question, messages) ||
    summary(enclosed.filter((each) => sections(each).length === 0).join("\n")) ||
    `I am Signalbox's offline model, not a language model. I call tools (${names}) and quote. ${howToSetAModel}`;
  return { text, calls };
}

/** What can be made of the material: a summary, a revision, or its parts but the task. */
function compose(material: string, instructions: string): string {
  const [task = "", draft] = [section(material, taskHeading), section(material, draftHeading)];
  const asks = `${instructions}\n${sentences(material)[0] ?? ""}`;
  if (/\b(?:summari[sz]e|condense|shorten)\b/iu.test(asks)) return summary(draft ?? material);
  if (draft && section(material, /review/iu) !== undefined) {
    // What it leaves out is in its task. If nothing is missing, it may be too long.
    if (judge(material)?.share !== 1 && !draft.startsWith(task)) return `${task} ${draft}`;
    return sentences(draft).slice(0, -1).join(" ") || draft;
  }
  const parts = sections(material).filter(({ heading, body }) => body !== "" && !taskHeading.test(heading));
  return parts.map(({ heading, body }) => (parts.length > 1 ? `## ${heading}\n\n${body}` : body)).join("\n\n");
}

/** A number stands beside the expression that it is the value of. */
function report({ text, status, name, tool_call_id }: ToolMessage, made: readonly ToolCall[]): string {
  const call = made.find(({ id }) => id === tool_call_id);
  if (status === "error") return `The tool ${name ?? call?.name} failed: ${text}`;
  const [argument] = Object.values(call?.args ?? {});
  const isValue = typeof argument === "string" && /^-?[\d.]+(?:e[+-]?\d+)?$/u.test(text);
  return isValue ? `${argument} = ${text}` : text;
}

/** The latest sentence of the conversation that has the most, and at least half, of what the question is about. */
function quote(question: string, messages: readonly BaseMessage[]): string {
  const sought = new Set(sentences(question).filter(isQuestion).flatMap(terms));
  let [best, most] = ["", Math.max(1, sought.size / 2)];
  for (const { type, text } of messages)
    for (const sentence of sentences(speakers[type] ? text : "").filter((each) => !isQuestion(each))) {
      const common = sought.intersection(new Set(terms(sentence))).size;
      if (common >= most) [best, most] = [`${speakers[type]}: "${sentence.slice(0, 2_000)}"`, common];
    }
  return best;
}
