/** Answers in words that were said: the sentences, rows and commands of documents, or of a conversation. */
import { blocksOf } from "../../words/markdown.ts";
import { relevance } from "../../words/synonyms.ts";
import { terms, words } from "../../words/words.ts";
import { clauses, isQuestion, isRequest, requestVerbs, sentences, unmarked, unwrapped } from "./text.ts";

/** `context`: what stands over it; `head`: that of a row's table. `rest`: the code or list that it leads to. */
type Said = { readonly text: string; readonly context: string; readonly head: string; rest: string };

const [mostQuoted, ofBest] = [3, 0.85];
const document = /^Document \[(\d{1,4})\]:(.*)$/gmu;
const subject = /^(?:\|([^|]*)|(.{1,80}?)\s(?:is|are|means?|does|ist|sind)\s)/u;
const generic = requestVerbs.union(new Set(terms("use get set take go put keep run see do")));

/** What has most of a question, half of it at least, best first; ahead a definition or a command, if one is asked for. */
function bestOf<Given extends Said>(question: string, given: readonly Given[]): Given[] {
  // Verbs for anything say little of what a question is about; codes such as E99 say most.
  const shares = relevance(question, given, (term) => (generic.has(term) ? 0.25 : /\p{L}\d/u.test(term) ? 2 : 1));
  const [asked, wording] = [new Set(terms(question)), new Set(words(question))];
  const scored = given.map((each, index) => {
    const [, cell, defined = cell ?? ""] = subject.exec(each.text) ?? [];
    const isOf = terms(defined).length > 0 && new Set(terms(defined)).isSubsetOf(asked);
    const isHow = /^\W*(?:how|wie)\b/iu.test(question) && /`/u.test(`${each.text}${each.rest}`);
    const share = shares[index] ?? 0;
    const likeness = wording.intersection(new Set(words(each.text))).size / wording.size;
    return { each, score: share < 0.5 ? 0 : share * (1 + likeness / 5) * (isOf ? 1.5 : isHow ? 1.2 : 1) };
  });
  const near = scored.filter(({ score }) => score > 0).sort((one, other) => other.score - one.score);
  return near.filter(({ score }) => score >= ofBest * (near[0]?.score ?? 0)).map(({ each }) => each);
}

/** What can be quoted by itself: no heading, no lonely code, no question, no half sentence where a long text is cut. */
function partsOf(text: string, title: string): Said[] {
  const parts: Said[] = [];
  let [context, lead]: [string, Said | undefined] = [title, undefined];
  for (const { kind, text: block, head = "" } of blocksOf(text)) {
    const isLed = !/paragraph|heading/u.test(kind) && lead?.text.endsWith(":");
    if (lead && isLed) lead.rest += `${lead.rest ? "" : `\n${head && `\n${head}`}`}\n${block}`;
    if (kind === "heading") context = `${title} ${block}`;
    const said = kind === "row" ? [block] : /code|heading/u.test(kind) ? [] : sentences(unwrapped(unmarked(block)));
    for (const each of said) parts.push({ text: each, context: `${context} ${head}`, head, rest: "" });
    if (!isLed) lead = kind === "heading" ? undefined : parts.at(-1);
  }
  const edges = text.length > 500 ? [parts[0], parts.at(-1)] : [];
  const isCut = (part: Said) => edges.includes(part) && !/^\P{Ll}.*\W$/su.test(part.text);
  const isOpen = ({ text: said, rest }: Said) => rest === "" && /[:?？]$/u.test(said);
  return parts.filter((part) => !isCut(part) && !isOpen(part) && terms(part.text).length > 1);
}

/** Quotes of the texts that begin with lines such as "Document [2]: Its title"; undefined if there are none. */
export function fromDocuments(question: string, texts: readonly string[]): string | undefined {
  const documents = texts.flatMap((text) => {
    const marks = [...text.matchAll(document)];
    return marks.map(({ 0: mark, 1: number, 2: title = "", index }, place) => {
      const parts = partsOf(text.slice(index + mark.length, marks[place + 1]?.index), title);
      return parts.map((part) => ({ ...part, number }));
    });
  });
  const asked = clauses(question);
  const requests = asked.some(isQuestion) ? asked.filter(isRequest) : asked;
  const found = requests.flatMap((each) => bestOf(each, documents.flat()));
  const once = [...new Map(found.map((each) => [each.text, each])).values()].slice(0, mostQuoted);
  const answer = once.reduce((all, { text, head, number, rest }) => {
    const marked = `${text} [${number}]`.replace(/ \|( \[\d+\])$/u, "$1 |");
    if (head && all.includes(head)) return all.replace(head, () => `${head}\n${marked}`);
    return head || rest ? `${all}\n\n${head}\n${marked}${rest}\n\n` : all + marked + (/\W$/u.test(text) ? " " : "\n\n");
  }, "");
  return documents.length > 0 ? answer.trim() || "I do not know." : undefined;
}

/** The latest sentence of a conversation that answers a question. */
export function quote(question: string, messages: readonly { readonly type: string; readonly text: string }[]): string {
  const said = messages.flatMap(({ type, text }) => {
    const told = sentences(type === "ai" ? "" : text).filter((each) => !isQuestion(each) && !each.includes(question));
    return told.map((each) => ({ text: each.slice(0, 2_000), context: "", head: "", rest: "", type }));
  });
  const [best] = bestOf(sentences(question).filter(isQuestion).join(" "), said.reverse());
  return best ? `${best.type === "human" ? "You said" : "My instructions say"}: "${best.text}"` : "";
}
