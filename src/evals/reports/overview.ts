/** All suites of a run at a glance, what is wrong first: where a reader begins. */
import type { SuiteSummary } from "../contract.ts";
import { outcomeBar } from "./charts.ts";
import { html, type Markup } from "./markup.ts";
import { counted, difference, interval, money, percent, regressionsOf } from "./words.ts";

/** Undefined for a single suite, whose own table says the same. */
export function overview(suites: readonly SuiteSummary[]): Markup | undefined {
  if (suites.length < 2) return undefined;
  const ordered = suites.toSorted((one, other) => rank(one) - rank(other));
  return html`<div class="wide" tabindex="0"><table class="overview">
<tr><th>suite</th><th></th><th>passed</th><th>rate [95 %]</th><th>change in points</th><th>cost</th><th>state</th></tr>
${ordered.map(row)}</table></div>`;
}

/** Regressions first, then failed gates, then errors; of equals the order of the run stays. */
export function rank(suite: SuiteSummary): number {
  if (regressionsOf(suite).length > 0) return 0;
  if (failedGates(suite).length > 0) return 1;
  return suite.errors + suite.problems.length > 0 ? 2 : 3;
}

function failedGates({ gates }: SuiteSummary) {
  return gates.filter(({ status }) => status === "failed");
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
  const wrong = [
    ...(regressionsOf(suite).length > 0 ? [counted(regressionsOf(suite).length, "regression")] : []),
    ...(failedGates(suite).length > 0 ? [counted(failedGates(suite).length, "failed gate")] : []),
    ...(suite.errors > 0 ? [counted(suite.errors, "run error")] : []),
    ...(suite.problems.length > 0 ? [counted(suite.problems.length, "problem")] : []),
  ];
  if (wrong.length > 0) return html`<span class="bad">✗ ${wrong.join(", ")}</span>`;
  if (suite.missing > 0) return html`<span class="odd">${counted(suite.missing, "missing trial")}</span>`;
  const held = suite.gates.some(({ status }) => status === "held");
  const verdict = suite.scores.find(({ name }) => name === "pass")?.change?.verdict;
  const said = [held && "gates hold", verdict].filter(Boolean).join(", ");
  return html`<span class="good">✓ ${said || "no gates"}</span>`;
}
