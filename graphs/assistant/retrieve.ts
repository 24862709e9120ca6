/** Finds what may answer the question, without a model, and decides by it and by the question's shape which way to go. */
import { HumanMessage } from "@langchain/core/messages";
import { currentConfig } from "../../src/config.ts";
import { hasArithmetic } from "../../src/words/arithmetic.ts";
import { findPassages } from "../../tools/search-documents.ts";
import { passageOf } from "../shared/citations.ts";
import { isGreeting } from "../shared/claims.ts";
import { judged } from "../shared/judgements.ts";
import { masker } from "../shared/masker.ts";
import { recall } from "../shared/memory.ts";
import { unheard } from "../shared/release.ts";
import { share, terms } from "../shared/terms.ts";
import { type AssistantState, memorySource, type Node, type Runtime, settingsOf } from "./state.ts";

/** From this score on the passages alone are taken to answer; with less the model has its tools too. */
const enough = 0.5;
/** The project's own documents: the sources of others are whole paths or URLs, but for those in a store of one's own. */
const ownDocuments = "signalbox/";
/** A question of fewer terms is likely to go on from the one before. */
const fewTerms = 3;
/** So far back is looked for what a question goes on from. */
const mostQuestions = 5;

/** Words of a question that takes more than a look at one place, in English and German. */
const complex =
  /\b(?:compare|contrast|versus|vs\.?|differences? between|trade-?offs?|pros and cons|step by step|vergleich\w*|unterschiede? zwischen)\b/iu;
const secondQuestion =
  /(?:[,;]|\band\b|\bund\b) (?:then )?(?:what|how|why|which|when|where|who|was|wie|warum|welche\w*|wann|wo|wer)\b/iu;
/** "And what about …" is one question, which goes on from the one before. */
const goingOn = /^\W*(?:and|und)\b/iu;

/** What no document can say, beside a sum: the clock, a page that the message names. */
const forTools =
  /https?:\/\/|\b(?:what time|what day|today's date|wie spät|welcher tag|welches datum)\b|\bwhat(?:'s| is) the (?:time|date)(?: now| today| in \w+)?\W*$/iu;

export const retrieve: Node = async (state, runtime) => {
  const { question, query } = questionOf(state);
  const isForTools = hasArithmetic(question) || forTools.test(question);
  if (isGreeting(question) || (isForTools && !isComplex(question))) return { route: "tools" };
  const [{ passages, tainted, best, problem }, memories] = await Promise.all([
    search(query, runtime),
    recall(question, runtime.store),
  ]);
  const mask = masker(settingsOf(runtime));
  const remembered = memories.map(({ key, text }) =>
    passageOf({ id: key, source: memorySource, title: "What you asked me to remember", text, start: 0 }, mask),
  );
  const known = Math.max(best, ...memories.map(({ text }) => share(terms(question), new Set(terms(text)))));
  const route = isComplex(question) ? "research" : known >= enough ? "answer" : "tools";
  const retrieved = { name: "retrieved", value: passages.length, ...(problem && { comment: problem }) };
  return {
    route,
    passages: [...passages, ...remembered],
    tainted,
    judgements: judged(state.judgements, retrieved, { name: "route", value: route }),
  };
};

/** The passages that a search finds, in the state's form; where others may have written them, they taint the thread. */
export async function search(query: string, runtime: Runtime) {
  const settings = settingsOf(runtime);
  // Unheard, because what is found is not masked yet.
  const { passages: limit, metadata } = settings;
  let problem: string | undefined;
  const onProblem = (reason: string) => {
    problem = `Only words were compared. ${reason}`;
  };
  const found = await findPassages(query, unheard(runtime), { limit, metadata, onProblem });
  const isForeign = currentConfig().retrieval.retriever !== undefined;
  return {
    passages: found.map((passage) => passageOf(passage, masker(settings))),
    tainted: found.map(({ source }) => source).filter((source) => isForeign || !source.startsWith(ownDocuments)),
    best: Math.max(0, ...found.map(({ score }) => score)),
    problem,
  };
}

/** The question, and what is searched for: with those before it, back to one that says what it is all about. */
function questionOf({ messages }: AssistantState): { question: string; query: string } {
  const asked = messages.filter((message) => HumanMessage.isInstance(message)).map(({ text }) => text);
  const recent = asked.slice(-mostQuestions).reverse();
  const whole = recent.findIndex((text) => terms(text).length >= fewTerms);
  return { question: asked.at(-1) ?? "", query: recent.slice(0, whole === -1 ? 2 : whole + 1).join(" ") };
}

function isComplex(question: string): boolean {
  const marks = question.match(/[?？]/g)?.length ?? 0;
  return marks > 1 || complex.test(question) || secondQuestion.test(question.replace(goingOn, ""));
}
