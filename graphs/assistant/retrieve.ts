/** Finds what may answer the question, without a model, and decides by it and by the question's shape which way to go. */
import { HumanMessage } from "@langchain/core/messages";
import { currentConfig } from "../../src/config.ts";
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

/** Words of a question that takes more than a look at one place, in English and German. */
const complex =
  /\b(?:compare|contrast|versus|vs\.?|differences? between|trade-?offs?|pros and cons|step by step|vergleich\w*|unterschiede? zwischen)\b/iu;
const secondQuestion =
  /(?:[,;]|\band\b|\bund\b) (?:then )?(?:what|how|why|which|when|where|who|was|wie|warum|welche\w*|wann|wo|wer)\b/iu;
/** "And what about …" is one question, which goes on from the one before. */
const goingOn = /^\W*(?:and|und)\b/iu;

/** What no document can say: a sum, the clock, a page that the message names. */
const forTools =
  /\d\s*[-+*/^×÷%]\s*\(?\d|https?:\/\/|\b(?:what time|what day|today's date|wie spät|welcher tag|welches datum)\b|\bwhat(?:'s| is) the (?:time|date)(?: now| today| in \w+)?\W*$/iu;

export const retrieve: Node = async (state, runtime) => {
  const { question, query } = questionOf(state);
  if (isGreeting(question) || (forTools.test(question) && !isComplex(question))) return { route: "tools" };
  const [{ passages, tainted, best }, memories] = await Promise.all([
    search(query, runtime),
    recall(question, runtime.store),
  ]);
  const mask = masker(settingsOf(runtime));
  const remembered = memories.map(({ key, text }) =>
    passageOf({ id: key, source: memorySource, title: "What you asked me to remember", text, start: 0 }, mask),
  );
  const known = Math.max(best, ...memories.map(({ text }) => share(terms(question), new Set(terms(text)))));
  const route = isComplex(question) ? "research" : known >= enough ? "answer" : "tools";
  const retrieved = { name: "retrieved", value: passages.length };
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
  const found = await findPassages(query, unheard(runtime), { limit: settings.passages });
  const isForeign = currentConfig().retrieval.retriever !== undefined;
  return {
    passages: found.map((passage) => passageOf(passage, masker(settings))),
    tainted: found.map(({ source }) => source).filter((source) => isForeign || !source.startsWith(ownDocuments)),
    best: Math.max(0, ...found.map(({ score }) => score)),
  };
}

/** The question, and what is searched for: with the question before it, where it says little by itself. */
function questionOf({ messages }: AssistantState): { question: string; query: string } {
  const asked = messages.filter((message) => HumanMessage.isInstance(message)).map(({ text }) => text);
  const [question = "", before = ""] = asked.slice(-2).reverse();
  return { question, query: terms(question).length < fewTerms ? `${question} ${before}`.trim() : question };
}

function isComplex(question: string): boolean {
  const marks = question.match(/[?？]/g)?.length ?? 0;
  return marks > 1 || complex.test(question) || secondQuestion.test(question.replace(goingOn, ""));
}
