/** The writer and its reviewer: what the task names is in the text, the bounds hold, and the best draft is what is shown. */
import { rubric } from "../../src/evals/judges/rubric.ts";
import { defineEval } from "../../src/evals/suite.ts";
import { check, ended, expectedOf, outcome, outcomeKind } from "../expectations.ts";

interface Task {
  readonly must: readonly string[];
  readonly drafts: number;
}
interface State {
  readonly drafts?: readonly { readonly text: string; readonly scores: Readonly<Record<string, number>> }[];
}

const must = check("must", ({ item, result }) => {
  const text = result.output.toLowerCase();
  const missing = expectedOf<Task>(item).must.filter((word) => !text.includes(word.toLowerCase()));
  return missing.length === 0 ? undefined : `missing: ${missing.join(", ")}`;
});

const bounded = check("bounded", ({ item, result }) => {
  const most = expectedOf<Task>(item).drafts;
  const written = result.nodes.filter((node) => node === "write").length;
  return written <= Math.max(1, most) ? undefined : `${written} drafts, not ${most}`;
});

const best = check("best-draft", ({ result }) => {
  const drafts = ((result.values as State).drafts ?? []).filter(({ scores }) => Object.keys(scores).length > 0);
  const scoreOf = ({ scores }: (typeof drafts)[number]) => Math.min(...Object.values(scores));
  const shown = drafts.find(({ text }) => text === result.output);
  if (drafts.length === 0 || outcomeKind(result) !== "answered") return undefined;
  if (!shown) return "what is shown is none of the drafts";
  const most = Math.max(...drafts.map(scoreOf));
  return scoreOf(shown) === most ? undefined : `a draft of ${scoreOf(shown)} is shown, and there is one of ${most}`;
});

/** How much better the best draft is than the first, as a share of the scale. */
const gain = {
  name: "gain",
  evaluate({ result }: Parameters<typeof outcome.evaluate>[0]) {
    const scores = ((result.values as State).drafts ?? []).map((draft) => Math.min(...Object.values(draft.scores)));
    const known = scores.filter(Number.isFinite);
    return { name: "gain", value: Math.max(0, ...known.map((score) => (score - (known[0] ?? score)) / 10)) };
  },
};

export const reflection = defineEval({
  dataset: "../datasets/reflection.jsonl",
  target: "reflection",
  evaluators: [
    outcome,
    ended,
    must,
    bounded,
    best,
    gain,
    rubric({ prompt: new URL("../judges/craft.md", import.meta.url) }),
  ],
  gates: [
    { evaluator: "ended", min: 1 },
    { evaluator: "outcome", min: 1 },
    { evaluator: "bounded", min: 1 },
    { evaluator: "best-draft", min: 1 },
  ],
});
