/** One suite on the report page: its figures in a table, its charts, its tags, its items, its failures. */
import type { Item, Report, RunRecord, ScoreSummary, SuiteSummary, Trial } from "../contract.ts";
import {
  distributionChart,
  historyChart,
  latencyChart,
  outcomeBar,
  type Point,
  percentile,
  type Series,
  type Spending,
  spendingChart,
} from "./charts.ts";
import { failures } from "./failure-section.ts";
import { itemGrid, tagMap } from "./item-grid.ts";
import { html, type Markup } from "./markup.ts";
import {
  counted,
  cut,
  difference,
  duration,
  gateText,
  interval,
  lostIn,
  meanText,
  money,
  percent,
  problemText,
  regressionsOf,
  skippedText,
} from "./words.ts";

/** Older runs say little about now, and make the chart a smear. */
const mostHistory = 30;

export function suiteSection(suite: SuiteSummary, report: Report): Markup {
  const trials = report.trials.filter((trial) => trial.suite === suite.suite);
  const items: ReadonlyMap<string, Item> = new Map(report.items.get(suite.suite)?.map((item) => [item.id, item]));
  const { dataset } = suite;
  const times = suite.trials > 1 ? ` × ${counted(suite.trials, "trial")}` : "";
  return html`<section id="suite-${suite.suite}">
<h2>${suite.suite}</h2>
<p class="faint">${counted(dataset.items, "item")}${times}${suite.deterministic && ", deterministic: one trial each"}, dataset ${dataset.name} (${dataset.hash.slice(0, 12)}), cost ${money(suite.cost)}, ${suite.usage.input_tokens + suite.usage.output_tokens} tokens.</p>
${remarks(suite)}
<div class="wide" tabindex="0"><table>
<tr><th>score</th><th></th><th>passed</th><th>rate [95 %]</th><th>mean [95 %]</th><th>change in points</th><th>verdict</th><th>errors</th></tr>
${suite.scores.map(scoreRow)}</table></div>
${passAt(suite)}
${failures(trials, items, lostIn(suite))}
<h3>Charts</h3>
<div class="cards">${charts(suite, trials, report)}</div>
${tagMap(trials, items)}
${itemGrid(trials, lostIn(suite))}
</section>`;
}

function scoreRow({ name, passes, scored, skipped, rate, mean, change, errors }: ScoreSummary): Markup {
  const failed = passes === undefined ? 0 : Math.max(0, scored - passes - errors);
  const counts = { passed: passes ?? 0, failed, errors, skipped };
  const isScored = scored > 0;
  const bar = passes !== undefined || !isScored ? outcomeBar(counts) : undefined;
  const tone = change?.verdict === "regression" ? "bad" : change?.verdict === "improved" ? "good" : "";
  return html`<tr><td>${name}</td><td>${bar}</td><td>${isScored ? passes !== undefined && `${passes}/${scored}` : html`<span class="odd">skipped</span>`}</td>
<td>${isScored && rate && `${percent(rate.value)} ${interval(rate)}`}</td><td>${isScored && mean && meanText(mean)}</td>
<td>${change && difference(change)}</td><td class="${tone}">${change?.verdict}</td><td>${errors > 0 && errors}</td></tr>
`;
}

function remarks(suite: SuiteSummary): Markup {
  const tones = { held: "good", failed: "bad", skipped: "odd" };
  const marks = { held: "✓", failed: "✗", skipped: "–" };
  const held = suite.gates.filter(({ status }) => status === "held").map(({ gate }) => gate);
  const others = suite.gates.filter(({ status }) => status !== "held");
  const gates = others.map(
    (gate) => html`<li class="${tones[gate.status]}">${marks[gate.status]} gate ${gateText(gate)}</li>`,
  );
  const worse = regressionsOf(suite).map(({ name, change }) => {
    const lost = change && change.lost.length > 0 ? `: lost ${cut(change.lost.join(", "), 1000)}` : "";
    return html`<li class="bad">✗ ${name} got worse${lost}</li>`;
  });
  const bad = [
    ...(suite.errors > 0 ? [`${counted(suite.errors, "run")} failed; they count as not passed.`] : []),
    ...suite.problems.map(problemText),
  ];
  const odd = [
    ...suite.scores.flatMap((score) => skippedText(score) ?? []),
    ...(suite.missing > 0 ? [`${counted(suite.missing, "trial")} did not run.`] : []),
    ...(suite.baseline?.notes ?? []),
  ];
  return html`<ul class="remarks">${gates}${worse}${held.length > 0 && html`<li class="good">✓ ${counted(held.length, "gate")} held: ${held.join(", ")}</li>`}${bad.map((text) => html`<li class="bad">${text}</li>`)}${odd.map(
    (text) => html`<li class="odd">${text}</li>`,
  )}${suite.baseline && html`<li class="faint">Compared with ${suite.baseline.run}.</li>`}</ul>`;
}

function passAt({ passAt: rows, trials }: SuiteSummary): Markup | undefined {
  if (trials < 2) return undefined;
  return html`<h3>Of k trials</h3><div class="wide" tabindex="0"><table><tr><th>k</th>${rows.map(({ k }) => html`<th>${k}</th>`)}</tr>
<tr><td>at least one passes (pass@k)</td>${rows.map(({ some }) => html`<td>${percent(some)}</td>`)}</tr>
<tr><td>each passes (pass^k)</td>${rows.map(({ every }) => html`<td>${percent(every)}</td>`)}</tr></table></div>`;
}

function charts(suite: SuiteSummary, trials: readonly Trial[], { run, history }: Report): Markup[] {
  // A part of a run had other items.
  const before = history.filter((each) => each.run !== run.run && each.status === "complete");
  const runs = [...before, run];
  const known = runs.flatMap((each) => spendingOf(each, suite.suite, each.run === run.run));
  const isPriced = known.some(({ cost }) => cost !== undefined && cost > 0);
  const spending = known.slice(-mostHistory).flatMap(({ cost, tokens, ...point }): Spending[] => {
    const taken = isPriced ? cost : tokens;
    return taken === undefined ? [] : [{ ...point, taken }];
  });
  const ofModel = known.filter(({ model }) => model === run.model).slice(-mostHistory);
  const latency = latencyOf(trials);
  return [
    ...(ofModel.length > 0
      ? [
          card(
            `Pass rate with its 95 % interval, over this run and those before of ${run.model}`,
            historyChart(ofModel),
          ),
        ]
      : []),
    ...(spending.length > 0
      ? [
          isPriced
            ? card("Cost against quality, one point for each run", spendingChart(spending, "dollars a trial", money))
            : card("Tokens against quality, one point for each run", spendingChart(spending, "tokens a trial", String)),
        ]
      : []),
    ...(latency.length > 0 ? [card(latencyCaption(latency), latencyChart(latency, duration))] : []),
    ...suite.scores.flatMap(({ name }) => {
      const values = trials.flatMap(({ scores }) =>
        scores.filter((score) => score.name === name && score.skipped === undefined).map(({ value }) => value),
      );
      // What only passes or fails is told by its bar in the table.
      const isGraded = values.some((value) => value > 0 && value < 1);
      return isGraded ? card(`Distribution of ${name}`, distributionChart(values)) : [];
    }),
  ];
}

function card(caption: string | Markup, chart: Markup): Markup {
  return html`<figure class="card"><figcaption>${caption}</figcaption>${chart}</figure>`;
}

interface Known extends Point {
  readonly model: string;
  readonly cost: number | undefined;
  readonly tokens: number;
}

/** What a run says of this suite, as a point; none if it has no such suite, or nothing that passes or fails. */
function spendingOf(run: RunRecord, name: string, isNow: boolean): Known[] {
  const suite = run.suites.find((each) => each.suite === name);
  const pass = suite?.scores.find((score) => score.name === "pass");
  if (!suite || !pass?.rate || pass.scored === 0) return [];
  const { rate, scored } = pass;
  const title = `${run.run}, ${run.model}: ${percent(rate.value)} ${interval(rate)}`;
  const tokens = (suite.usage.input_tokens + suite.usage.output_tokens) / scored;
  const cost = suite.cost === undefined ? undefined : suite.cost / scored;
  return [{ title, estimate: rate, isNow, model: run.model, tokens, cost }];
}

function latencyOf(trials: readonly Trial[]): Series[] {
  const first = trials.flatMap(({ result }) => result.firstTokenMs ?? []);
  return [
    { name: "whole run", times: trials.map(({ result }) => result.latencyMs) },
    { name: "first token", times: first },
  ].filter(({ times }) => times.length > 0);
}

function latencyCaption(series: readonly Series[]): Markup {
  const said = series.map(({ name, times }, index) => {
    const sorted = times.toSorted((one, other) => one - other);
    const [half, most] = [50, 95].map((percent) => duration(percentile(sorted, percent)));
    return html` <span class="key-${index}">${name} p50 ${half}, p95 ${most}</span>`;
  });
  return html`Latency by percentile:${said}`;
}
