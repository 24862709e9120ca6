/** Figures as people read them, in the terminal and on the page. */
import type { Cost, Drift, Spread } from "../../engine/stats/report.ts";

export const nothing = "–";

/** 850 ms, 1.2 s, 3.4 min */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return nothing;
  if (ms < 1_000) return `${ms} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

/** Median and 95th percentile. */
export function spread(value: Spread | null): string {
  return value ? `${duration(value.p50)} / ${duration(value.p95)}` : nothing;
}

/** 950, 12.3k, 4.5M */
export function amount(count: number): string {
  if (count < 1_000) return String(count);
  return count < 999_950 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

export function percent(share: number | null): string {
  return share === null ? nothing : `${(share * 100).toFixed(1)} %`;
}

/** $1.23, unknown, or at least so much. */
export function cost({ dollars, unknown_calls }: Cost): string {
  if (dollars === null) return "unknown";
  if (unknown_calls === 0) return money(dollars);
  return `≥ ${money(dollars)}, ${unknown_calls} ${unknown_calls === 1 ? "call" : "calls"} unknown`;
}

function money(dollars: number): string {
  if (dollars === 0) return "$0";
  return dollars < 0.01 ? `$${dollars.toPrecision(2)}` : `$${dollars.toFixed(2)}`;
}

export function failures(failed: number, calls: number): string {
  return calls === 0 ? nothing : `${failed} of ${calls}`;
}

/** The verdict and the index; nothing where there is nothing to compare, as of routes in a graph without them. */
export function drift({ verdict, psi, baseline_count, current_count }: Drift): string {
  if (baseline_count + current_count === 0) return nothing;
  return psi === null ? verdict : `${verdict} ${psi.toFixed(2)}`;
}

/** 2026-11-22 14:05, in UTC. */
export function moment(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}
