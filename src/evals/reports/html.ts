/**
 * A run as one self-contained page: no script, nothing from the network, and a policy that forbids both.
 *
 *   head line, overview ─▶ for each suite: gates, scores ─▶ failed trials ─▶ charts ─▶ tags ─▶ items × trials
 */
import type { Report } from "../contract.ts";
import { html } from "./markup.ts";
import { overview } from "./overview.ts";
import { pageStyle } from "./page-style.ts";
import { suiteSection } from "./suite-section.ts";
import { duration, headline, isOffline, offlineNotice } from "./words.ts";

/** Whatever an item or a model wrote is shown as text; should escaping ever fail, the policy still lets no script run. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function reportHtml(report: Report): string {
  const { run } = report;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evals ${run.run}</title>
<style>${{ markup: pageStyle }}</style>
</head>
<body>
<h1>Evals: ${headline(report)}</h1>
<p class="faint">Run ${run.run}, model ${run.model}, commit ${run.commit}${run.dirty && " with changes"}${run.rescored !== undefined && `, scored again from ${run.rescored}`}, started ${clock(run.started_at)}, ${run.ended_at === undefined ? "not ended" : `took ${lasting(run.started_at, run.ended_at)}`}.</p>
${isOffline(run) && html`<p class="notice">${offlineNotice}</p>`}
${overview(run.suites)}
${run.suites.map((suite) => suiteSection(suite, report))}
</body>
</html>
`;
  return page.markup;
}

function clock(time: string): string {
  return `${time.slice(0, 19).replace("T", " ")} UTC`;
}

function lasting(from: string, to: string): string {
  return duration(Date.parse(to) - Date.parse(from));
}
