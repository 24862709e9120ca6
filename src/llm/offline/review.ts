/** What makes a draft good as far as that can be measured, what is said where it is not, and how it is mended. */
import { terms, words } from "../../words/words.ts";
import { clauses, requestVerbs, sentences, subjectOf, unmarked } from "./text.ts";

/** 0 to 1, what is wrong below 1, and the draft without that; undefined where the task asks for nothing of the kind. */
type Measure = (draft: string, task: string) => readonly [share: number, fault: string, mended: string] | undefined;

/** The words of the task that the draft leaves out. */
function missing(draft: string, task: string): string[] {
  const has = new Set([...terms(draft), ...requestVerbs]);
  return [...new Set(words(task))].filter((word) => terms(word).some((term) => !has.has(term)));
}
const coverage: Measure = (draft, task) => {
  const left = missing(draft, task);
  const open = clauses(task).filter((clause) => missing(draft, clause).length > 0);
  const mended = [draft, ...open.map(subjectOf)].join(/^- /mu.test(draft) ? "\n- " : "\n");
  return [1 - left.length / Math.max(1, missing("", task).length), `It leaves out: ${left.join(", ")}.`, mended];
};
const structure: Measure = (draft, task) => {
  const share = /^(?:#|[-*]\s|\d+\.\s)|\n\n|`/mu.test(draft) ? 1 : 0.5;
  const [title = "", ...points] = sentences(unmarked(draft));
  const mended = [`# ${title}\n`, ...points.map((point) => `- ${point}`)].join("\n").trim();
  return length(draft, task) ? undefined : [share, "It has no heading, paragraphs or list.", mended];
};
const amounts = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const size = new RegExp(`(\\d+|${amounts.join("|")})[\\s-](?:\\p{L}+\\s)?(word|sentence)s?\\b`, "iu");
const length: Measure = (draft, task) => {
  const [, amount = "", unit] = size.exec(task) ?? [];
  const most = Number(amount) || amounts.indexOf(amount.toLowerCase()) + 1;
  if (most === 0) return undefined;
  const count = (text: string) => (unit === "word" ? words(text) : sentences(unmarked(text))).length;
  const [has, kept] = [count(draft), sentences(draft)];
  while (kept.length > 1 && count(kept.join("\n")) > most) kept.pop();
  const fault = `${most} ${unit}s are asked for, and it has ${has}.`;
  return [Math.min(most, has) / Math.max(most, has), fault, kept.join("\n")];
};

/** What each criterion, by its name and description, is made of; in the order of mending. */
const measures: readonly (readonly [RegExp, Measure])[] = [
  [/complet|cover|relevan|accept|answer|task/iu, coverage],
  [/clear|clarity|plain|readab|order|structur|organi[sz]|format/iu, structure],
  [/length|concise|brief|short|nothing else/iu, length],
];

export function judge(draft: string, task: string) {
  const measured = measures.flatMap(([about, measure]) => {
    const [share, fault] = measure(draft, task) ?? [];
    return share === undefined ? [] : [{ about, share, fault }];
  });
  const faults = measured.filter(({ share }) => share < 1).sort((one, other) => one.share - other.share);
  const advice = faults.map(({ fault }) => fault).join(" ") || "Nothing that can be measured is wrong with it.";
  /** 0 to 1, by what the criterion speaks of; what cannot be measured is no better than the draft's worst side. */
  const score = (criterion: string) => {
    const own = measured.filter(({ about }) => about.test(criterion));
    if (own.length === 0) return Math.min(...measured.map(({ share }) => share));
    return own.reduce((sum, { share }) => sum + share, 0) / own.length;
  };
  return { score, advice };
}

/** The draft with its faults mended as far as that takes no knowledge. */
export function revise(draft: string, task: string): string {
  return measures.reduce((revised, [, measure]) => {
    const [share = 1, , mended = revised] = measure(revised, task) ?? [];
    return share < 1 ? mended : revised;
  }, draft);
}
