/** All suites of a run at a glance, what is wrong first: where a reader begins. */
import type { SuiteSummary } from "../contract.ts";
import { outcomeBar } from "./charts.ts";
import { html, type Markup } from "./markup.ts";
import { counted, difference, interval, money, percent, rank, wrongIn } from "./words.ts";

/** Undefined for a single suite, whose own table says the same. */
export function overview(suites: readonly SuiteSummary[]): Markup | undefined {
  if (suites.length < 2) return undefined;
  const ordered = suites.toSorted((one, other) => rank(one) - rank(other));
  return html`<div class="wide" tabindex="0"><table class="overview">
<tr><th>suite</th><th></th><th>passed</th><th>rate [95 %]</th><th>change in points</th><th>cost</th><th>state</th></tr>
${ordered.map(row)}</table></div>`;
}

function row(suite: SuiteSummary): Markup {
  const pass = suite.scores.find(({ name }) => name === "pass");
  const [passed, scored, skipped] = [pass?.passes ?? 0, pass?.scored ?? 0, pass?.skipped ?? 0];
  const failed = Math.max(0, scored - passed - suite.errors);
  const counts = { passed, failed, errors: suite.errors, skipped };
  const bar = Object.values(counts).some((count) => count > 0) && outcomeBar(counts);
  return html`<tr><td><a href="#suite-${suite.suite}">${suite.suite}</a></td><td>${bar}</td>
<td>${pass?.passes !== undefined && `${passed}/${scored}`}</td>
<td>${pass?.rate && scored > 0 && `${percent(pass.rate.value)} ${interval(pass.rate)}`}</td>
<td>${pass?.change && difference(pass.change)}</td><td>${money(suite.cost)}</td><td>${state(suite)}</td></tr>
`;
}

function state(suite: SuiteSummary): Markup {
  const wrong = wrongIn([suite]);
  if (wrong.length > 0) return html`<span class="bad">✗ ${wrong.join(", ")}</span>`;
  if (suite.missing > 0) return html`<span class="odd">${counted(suite.missing, "missing trial")}</span>`;
  // Nothing is known of what was skipped.
  if (suite.gates.some(({ status }) => status === "skipped")) return html`<span class="odd">– gates skipped</span>`;
  const verdict = suite.scores.find(({ name }) => name === "pass")?.change?.verdict;
  const said = [suite.gates.length > 0 && "gates hold", verdict].filter(Boolean).join(", ");
  return html`<span class="good">✓ ${said || "no gates"}</span>`;
}
