/** All that a run of the bench found out: what is written as JSON. */
import type { Conditions } from "../conditions.ts";
import type { RowResult } from "../measure.ts";

export interface Report {
  readonly conditions: Conditions;
  readonly rows: readonly RowResult[];
}
