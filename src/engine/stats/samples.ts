/** What drift is told by, of one graph in one window of time. */
import type { MeasureRecord } from "../../storage/tables/measures.ts";
import { lengthDrift, mixDrift } from "./drift.ts";
import type { GraphDrift } from "./report.ts";
import { isEnd } from "./tally.ts";

export interface Samples {
  readonly inputLengths: number[];
  readonly routes: Map<string, number>;
  readonly tools: Map<string, number>;
}

export function createSamples(): Samples {
  return { inputLengths: [], routes: new Map(), tools: new Map() };
}

export function addSample({ inputLengths, routes, tools }: Samples, record: MeasureRecord): void {
  if (!isEnd(record)) return;
  if (record.input_chars !== null) inputLengths.push(record.input_chars);
  if (record.route !== null) count(routes, record.route, 1);
  for (const [tool, { calls }] of Object.entries(record.tools)) count(tools, tool, calls);
}

export function driftOf(baseline: Samples, current: Samples): GraphDrift {
  return {
    input_length: lengthDrift(baseline.inputLengths, current.inputLengths),
    routes: mixDrift(baseline.routes, current.routes),
    tools: mixDrift(baseline.tools, current.tools),
  };
}

function count(counts: Map<string, number>, name: string, more: number): void {
  counts.set(name, (counts.get(name) ?? 0) + more);
}
