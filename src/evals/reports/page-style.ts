/** The style of the report page: light and dark, for a phone's width too, and without anything from elsewhere. */

export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #f6f7f9; --ink: #1c2127; --faint: #667079; --rule: #d8dde2;
  --good: #1a7f4b; --bad: #c0392b; --odd: #9a6700; --accent: #2563a8; --second: #a8682a;
  --good-paper: #dff3e7; --bad-paper: #fbe3e0; --odd-paper: #fbefd0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1c2025; --ink: #e4e7ea; --faint: #98a2ab; --rule: #343b43;
    --good: #5cc98d; --bad: #f0857a; --odd: #e0b34d; --accent: #74aef0; --second: #e0a56a;
    --good-paper: #17382a; --bad-paper: #45211e; --odd-paper: #3d3115;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 1120px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; border-top: 1px solid var(--rule); padding-top: 1rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
a { color: var(--accent); }
p, ul { margin: .4rem 0; }
.faint, .card figcaption, svg text { color: var(--faint); }
.notice { background: var(--odd-paper); border-left: 4px solid var(--odd); padding: .5rem .8rem; margin: .8rem 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .odd { color: var(--odd); }
.wide { overflow-x: auto; overflow-wrap: normal; }
.wide:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
/* What a row is about stays in sight when the rest is moved. */
.wide td:first-child, .wide th:first-child { position: sticky; left: 0; background: var(--paper); }
.overview td:last-child, .overview th:last-child { text-align: left; }
.remarks { padding-left: 0; list-style: none; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-weight: 600; color: var(--faint); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td:first-child { white-space: normal; min-width: 7rem; }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); }
.card { margin: 0; padding: .6rem .7rem; background: var(--card); border-radius: 6px; }
.card figcaption { font-size: .85rem; margin-bottom: .3rem; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 10px system-ui, sans-serif; fill: var(--faint); }
svg.outcome { width: 7rem; height: .7rem; }
.outcome .passed { fill: var(--good); } .outcome .failed { fill: var(--bad); }
.outcome .errors { fill: var(--ink); } .outcome .skipped { fill: var(--rule); }
.grid { stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke: var(--accent); stroke-width: 1.5; }
.whisker { stroke: var(--faint); stroke-width: 1.2; }
circle.before { fill: var(--card); stroke: var(--accent); stroke-width: 1.5; }
circle.now, circle.mark, .bar { fill: var(--accent); }
.line.series-1 { stroke: var(--second); stroke-dasharray: 4 3; } circle.series-1 { fill: var(--second); }
.key-0 { color: var(--accent); } .key-1 { color: var(--second); }
.heat td:not(:first-child) { background: color-mix(in srgb, var(--tone) calc(var(--strength) * var(--most)), var(--paper));
  text-align: center; border: 1px solid var(--paper); }
.heat-good { --tone: var(--good); --most: 22%; } .heat-bad { --tone: var(--bad); --most: 60%; }
.heat td.none { background: none; color: var(--faint); }
.heat th:not(:first-child) { text-align: center; }
.cell { display: inline-block; min-width: 1.5rem; padding: 0 .25rem; border-radius: 3px; text-align: center;
  text-decoration: none; }
.cell.passed { background: var(--good-paper); color: var(--good); }
.cell.failed { background: var(--bad-paper); color: var(--bad); }
.cell.error { background: var(--bad); color: var(--paper); }
.cell.skipped { background: var(--odd-paper); color: var(--odd); }
details { margin: .5rem 0; border: 1px solid var(--rule); border-radius: 6px; padding: .4rem .8rem; }
details:has(:target) { border-color: var(--accent); }
summary { cursor: pointer; }
pre { white-space: pre-wrap; background: var(--card); padding: .5rem .7rem; border-radius: 6px; margin: .3rem 0;
  font: 13px/1.45 ui-monospace, monospace; max-height: 24rem; overflow: auto; }
dt { color: var(--faint); font-size: .85rem; margin-top: .5rem; } dd { margin: 0; }
.steps { table-layout: fixed; width: 100%; min-width: 30rem; }
.steps td, .steps th { text-align: left; white-space: normal; vertical-align: top;
  font: 13px/1.45 ui-monospace, monospace; padding: .2rem .6rem; }
.steps col:first-child { width: 2rem; }
.steps .missing, .steps .missing td { background: var(--bad-paper); }
.steps .extra, .steps .extra td { background: var(--odd-paper); }
@media print {
  :root { color-scheme: light; print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 11px; }
  .wide { overflow: visible; } .wide td:first-child, .wide th:first-child { position: static; }
  .card, tr, summary { break-inside: avoid; } h2, h3 { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  pre { max-height: none; }
}
`;
