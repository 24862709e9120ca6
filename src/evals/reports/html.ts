/**
 * A run as one self-contained page: no script, nothing from the network, and a policy that forbids both.
 *
 *   head line, notices ─▶ for each suite: scores, gates ─▶ charts ─▶ tags ─▶ items × trials ─▶ failed trials
 */
import type { Report } from "../contract.ts";
import { html } from "./markup.ts";
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
${run.suites.length > 1 && html`<p>${run.suites.map(({ suite }) => html`<a href="#suite-${suite}">${suite}</a> `)}</p>`}
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
