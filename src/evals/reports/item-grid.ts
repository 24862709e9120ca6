/** Where a suite is weak: pass rates by tag, and each item's trials. */
import type { Item, Trial } from "../contract.ts";
import { scoreNames } from "../summary/series.ts";
import { html, type Markup } from "./markup.ts";
import { percent, reasonsOf } from "./words.ts";

/** The page stays one that a browser opens at once. */
const mostItems = 500;

/** The anchor of a failed trial's details. Ids may hold anything, so it goes by place. */
export function anchorOf({ suite, item, trial }: Trial): string {
  // Half of a surrogate pair has no place in an address.
  return `trial-${encodeURIComponent(suite.toWellFormed())}-${encodeURIComponent(item.toWellFormed())}-${trial}`;
}

/** Tag × score: the share that passed, or the mean of a score that only measures; nothing for items without tags. */
export function tagMap(trials: readonly Trial[], items: ReadonlyMap<string, Item>): Markup | undefined {
  const tagsOf = ({ item }: Trial) => items.get(item)?.tags ?? [];
  const tags = [...new Set(trials.flatMap(tagsOf))].sort();
  if (tags.length === 0) return undefined;
  const names = scoreNames(trials);
  const rows = tags.map((tag) => {
    const tagged = trials.filter((trial) => tagsOf(trial).includes(tag));
    return html`<tr><td>${tag}</td>${heatCell(verdictsOf(tagged))}${names.map((name) => heatCell(valuesOf(tagged, name)))}</tr>`;
  });
  return html`<h3>By tag</h3><div class="wide" tabindex="0"><table class="heat">
<tr><th>tag</th><th>pass</th>${names.map((name) => html`<th>${name}</th>`)}</tr>
${rows}</table></div>`;
}

/** 1 or 0 for each trial of which it is decided. */
function verdictsOf(trials: readonly Trial[]): number[] {
  return trials.flatMap(({ passed }) => (passed === undefined ? [] : Number(passed)));
}

function valuesOf(trials: readonly Trial[], name: string): number[] {
  const scores = trials.flatMap((trial) => trial.scores.filter((score) => score.name === name));
  return scores
    .filter(({ skipped }) => skipped === undefined)
    .map(({ passed, value }) => (passed === undefined ? value : Number(passed)));
}

function heatCell(values: readonly number[]): Markup {
  if (values.length === 0) return html`<td class="none">–</td>`;
  const mean = meanOf(values);
  // The further from one half, the stronger the colour.
  const [tone, strength] = [mean < 0.5 ? "bad" : "good", Math.abs(mean - 0.5) * 2];
  return html`<td class="heat-${tone}" style="--strength: ${strength.toFixed(2)}" title="${values.length} trials">${percent(mean)}</td>`;
}

/**
 * Item × trial, the items with failures first, and the mean of each score. A failed trial leads to its details.
 * @param lost items that passed in the baseline
 */
export function itemGrid(trials: readonly Trial[], lost: ReadonlySet<string>): Markup | undefined {
  const byItem = Map.groupBy(trials, ({ item }) => item);
  const place = (item: string, own: readonly Trial[]) => (lost.has(item) ? -1 : shareOf(own));
  const rows = [...byItem].toSorted(([a, one], [b, other]) => place(a, one) - place(b, other));
  if (rows.length === 0) return undefined;
  const rest = rows.length - mostItems;
  const names = scoreNames(trials);
  return html`<h3>Items and trials</h3>
<p class="faint">✓ passed, ✗ failed, ! the run failed, – nothing decided. A score is the mean over the item's trials.</p>
<div class="wide" tabindex="0"><table class="grid-table">
<tr><th>item</th><th>trials</th><th>passed</th>${names.map((name) => html`<th>${name}</th>`)}</tr>
${rows.slice(0, mostItems).map(([item, own]) => html`<tr><td>${item}</td><td>${own.map(trialCell)}</td><td>${verdictsOf(own).length > 0 ? percent(shareOf(own)) : "–"}</td>${names.map((name) => scoreCell(own, name))}</tr>\n`)}</table></div>
${rest > 0 && html`<p class="faint">and ${rest} more items</p>`}`;
}

/** An item of which nothing is decided is not one with failures. */
function shareOf(trials: readonly Trial[]): number {
  const verdicts = verdictsOf(trials);
  return verdicts.length === 0 ? 1 : meanOf(verdicts);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function trialCell(trial: Trial): Markup {
  if (trial.passed) {
    const { trace_url } = trial.result;
    const title = `trial ${trial.trial + 1}: passed`;
    if (trace_url === undefined) return html`<span class="cell passed" title="${title}">✓</span> `;
    return html`<a class="cell passed" href="${trace_url}" title="${title}, its trace">✓</a> `;
  }
  if (trial.passed === undefined)
    return html`<span class="cell skipped" title="trial ${trial.trial + 1}: undecided">–</span> `;
  const [kind, mark] = trial.result.error ? ["error", "!"] : ["failed", "✗"];
  const title = `trial ${trial.trial + 1}: ${reasonsOf(trial).join("; ")}`.slice(0, 300);
  return html`<a class="cell ${kind}" href="#${anchorOf(trial)}" title="${title}">${mark}</a> `;
}

function scoreCell(trials: readonly Trial[], name: string): Markup {
  const scores = trials.flatMap((trial) => trial.scores.filter((score) => score.name === name));
  const given = scores.filter(({ skipped }) => skipped === undefined);
  if (given.length === 0) return html`<td title="${scores[0]?.skipped ?? ""}">–</td>`;
  const mean = meanOf(given.map(({ value }) => value));
  const isLow = given.some(({ passed, error }) => passed === false || error !== undefined);
  return html`<td class="${isLow ? "bad" : ""}">${mean.toFixed(2)}</td>`;
}
