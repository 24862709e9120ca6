/** The failed trials of a suite: task, answer, reasons, and the way taken beside the expected one. */
import type { Item, Result, Trial } from "../contract.ts";
import { type AlignedStep, align } from "../evaluators/alignment.ts";
import { expectedTrajectory } from "../evaluators/expected-trajectory.ts";
import { callText, hasArguments } from "../evaluators/trajectory.ts";
import { anchorOf } from "./item-grid.ts";
import { html, type Markup } from "./markup.ts";
import { cut, failedTrials, reasonsOf, textOf } from "./words.ts";

/** The page stays one that a browser opens at once; results.jsonl has the rest. */
const mostFailures = 100;
const longestText = 4_000;

/** @param lost items that passed in the baseline: they come first */
export function failures(
  trials: readonly Trial[],
  items: ReadonlyMap<string, Item>,
  lost: ReadonlySet<string>,
): Markup | undefined {
  const failed = failedTrials(trials, lost);
  if (failed.length === 0) return undefined;
  const rest = failed.length - mostFailures;
  return html`<h3>Failed trials</h3>
${failed.slice(0, mostFailures).map((trial, index) => failure(trial, items.get(trial.item), index === 0, lost))}
${rest > 0 && html`<p class="faint">and ${rest} more in results.jsonl</p>`}`;
}

/** Its anchor lies within what is folded: a browser that is led there unfolds it. */
function failure(trial: Trial, item: Item | undefined, isOpen: boolean, lost: ReadonlySet<string>): Markup {
  const { result, scores } = trial;
  const parts: [name: string, text: string][] = [
    ["Task", item ? textOf(item.input) : "The item is not in the dataset any more."],
    ["Expected", textOf(item?.expected)],
    ["Answer", result.output],
    ["Error", result.error ? `${result.error.error}: ${result.error.message}` : ""],
    ["Stopped to ask", result.interrupts.length > 0 ? textOf(result.interrupts) : ""],
  ];
  const shown = parts.filter(([, text]) => text !== "");
  const comments = scores.filter(({ comment, passed }) => comment && passed !== false);
  return html`<details${isOpen && " open"}>
<summary><b>${trial.item}</b>${trial.trial > 0 && ` (trial ${trial.trial + 1})`}${lost.has(trial.item) && html` <span class="cell error">lost</span>`} <span class="bad">${cut(reasonsOf(trial)[0] ?? "failed", 160)}</span></summary>
<ul id="${anchorOf(trial)}">${reasonsOf(trial).map((reason) => html`<li class="bad">${cut(reason, longestText)}</li>`)}${comments.map(
    ({ name, comment }) => html`<li class="faint">${name}: ${cut(comment ?? "", longestText)}</li>`,
  )}</ul>
<dl>${shown.map(([name, text]) => html`<dt>${name}</dt><dd><pre>${cut(text, longestText)}</pre></dd>`)}</dl>
${ways(result, item)}
${result.trace_id !== "" && html`<p class="faint">Trace ${traceOf(result)}, run ${result.run_id}</p>`}
</details>
`;
}

function traceOf({ trace_id, trace_url }: Result): Markup | string {
  return trace_url === undefined ? trace_id : html`<a href="${trace_url}">${trace_id}</a>`;
}

/** The tools and the nodes, each beside what is expected of it, where the item says so. */
function ways(result: Result, item: Item | undefined): Markup {
  const { tools, nodes } = (item && expectedTrajectory(item)) ?? {};
  const calls = align(result.toolCalls, tools ?? [], (actual, expected) => {
    return actual.name === expected.name && hasArguments(actual.args, expected.args, "exact");
  });
  const steps = align(result.nodes, nodes ?? [], (actual, expected) => actual === expected);
  return html`${stepTable("Calls of tools", calls, tools !== undefined, callText)}${stepTable(
    "Nodes",
    steps,
    nodes !== undefined,
    String,
  )}`;
}

function stepTable<Step>(
  title: string,
  steps: readonly AlignedStep<Step, Step>[],
  isExpected: boolean,
  text: (step: Step) => string,
): Markup | undefined {
  if (steps.length === 0) return undefined;
  if (!isExpected) {
    const taken = steps.flatMap(({ actual }) => (actual === undefined ? [] : text(actual)));
    return html`<dl><dt>${title}</dt><dd><pre>${cut(taken.join("\n"), longestText)}</pre></dd></dl>`;
  }
  const marks = { same: "", missing: "−", extra: "+" };
  const cell = (step: Step | undefined) => html`<td>${step !== undefined && cut(text(step), longestText)}</td>`;
  return html`<div class="wide" tabindex="0"><table class="steps"><colgroup><col><col><col></colgroup>
<tr><th></th><th>${title}: taken</th><th>expected</th></tr>
${steps.map(({ kind, actual, expected }) => html`<tr class="${kind}"><td>${marks[kind]}</td>${cell(actual)}${cell(expected)}</tr>\n`)}</table></div>`;
}
