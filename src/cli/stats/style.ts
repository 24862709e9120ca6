/** How the page of the statistics looks: light and dark, from a phone to a wide screen. */
export const style = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #667085; --line: #d8dee6; --ground: #fff; --card: #f6f8fa;
  --c1: #2f6fb7; --c2: #d2822a; --c3: #3a8f63; --bad: #c4382f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --soft: #98a4b5; --line: #313b49; --ground: #12171e;
  --card: #1a212b; --c1: #6aa8ec; --c2: #eaa659; --c3: #68c394; --bad: #f0736a; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); margin: 0 auto;
  max-width: 76rem; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } p { margin: .3rem 0 1rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .6rem; margin: 0 0 1rem; }
dl div, figure { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
section { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: .8rem; }
figure { margin: 0; min-width: 0; } figcaption { font-weight: 600; margin-bottom: .6rem; }
.key { font-weight: 400; font-size: .85rem; color: var(--soft); margin-left: .7rem; white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: .7rem; height: .7rem; border-radius: .15rem;
  margin-right: .3rem; background: var(--color); }
.c1 { --color: var(--c1); } .c2 { --color: var(--c2); } .c3 { --color: var(--c3); } .bad { --color: var(--bad); }
.plot { display: flex; gap: .5rem; height: 9rem; }
.scale { display: flex; flex-direction: column; justify-content: space-between; text-align: right; width: 3.6rem;
  flex: none; font-size: .8rem; color: var(--soft); line-height: 1; }
svg { flex: 1; min-width: 0; height: 100%; overflow: visible; border-bottom: 1px solid var(--line);
  border-top: 1px dashed var(--line); }
rect { fill: var(--color); } polyline { fill: none; stroke: var(--color); stroke-width: 2; vector-effect: non-scaling-stroke; }
path { stroke: var(--color); stroke-width: 6; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.times { display: flex; justify-content: space-between; margin: .3rem 0 0 4.1rem; font-size: .8rem; color: var(--soft); }
.row { display: grid; grid-template-columns: minmax(6rem, 11rem) 1fr minmax(5.5rem, 9.5rem); gap: .6rem;
  align-items: center; font-size: .85rem; margin: .25rem 0; }
@media (max-width: 34rem) { .row { grid-template-columns: 1fr auto; gap: .1rem .6rem; margin: .5rem 0; }
  .row .bar { order: 1; grid-column: 1 / -1; height: .7rem; } }
.row span { overflow-wrap: anywhere; line-height: 1.25; }
.bar { position: relative; display: flex; height: 1rem; background: color-mix(in srgb, var(--line) 45%, transparent);
  border-radius: .2rem; overflow: hidden; }
.bar b { background: var(--color); } .bar i { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--soft); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .88rem; width: 100%; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; } td { font-variant-numeric: tabular-nums; }
`;
