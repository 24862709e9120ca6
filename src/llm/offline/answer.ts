/** What the offline model says: read off tool results and the conversation, or a plain statement that it cannot know. */
import type { BaseMessage } from "@langchain/core/messages";
import type { Call } from "./plan.ts";
import { isQuestion, overlap, sentences, terms } from "./text.ts";

export const howToSetAModel =
  "For a real model set OPENAI_API_KEY, or MODEL=provider:name with that provider's key, " +
  "or OPENAI_BASE_URL and MODEL=openai:name for a server of your own.";

export interface Result extends Partial<Call> {
  readonly content: string;
  readonly failed: boolean;
}

const longestQuote = 1_000;
const speakers = new Map([
  ["human", "You said"],
  ["system", "My instructions say"],
  ["tool", "A tool said"],
]);

/** Words the tools' results: a number beside the expression that it is the value of, a long text by its best sentences. */
export function answerFromResults(question: string, results: readonly Result[]): string {
  const worded = results.map(({ name, args, content, failed }) => {
    if (failed) return `The tool ${name ?? ""} failed: ${content}`;
    const [argument] = Object.values(args ?? {});
    if (typeof argument === "string" && /^-?[\d.]+(?:e[+-]?\d+)?$/iu.test(content)) return `${argument} = ${content}`;
    return content.length > longestQuote ? bestSentences(question, content) : content;
  });
  return worded.join("\n");
}

/** Quotes what the conversation says about the question; says what it is and how to set a real model if it is nothing. */
export function answerFromConversation(
  question: string,
  messages: readonly BaseMessage[],
  tools: readonly string[],
): string {
  const sought = sentences(question).filter(isQuestion).flatMap(terms);
  const statements = messages.flatMap((message) => {
    const speaker = speakers.get(message.type);
    return speaker
      ? sentences(message.text)
          .filter((sentence) => !isQuestion(sentence))
          .map((sentence) => ({ speaker, sentence }))
      : [];
  });
  const scores = statements.map(({ sentence }) => overlap(sought, new Set(terms(sentence))));
  const best = statements[scores.lastIndexOf(Math.max(0.5, ...scores))];
  if (best) return `${best.speaker}: "${best.sentence.slice(0, longestQuote)}"`;
  const given = tools.length > 0 ? `the tools I am given (${tools.join(", ")})` : "tools, when I am given some";
  return `I am the offline model of Signalbox: I answer with ${given} and with what this conversation says, and neither has an answer to this. ${howToSetAModel}`;
}
