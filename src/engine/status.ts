/** The statuses of runs, in the groups that the rules speak of. */
import type { RunStatus } from "./contract.ts";

/** A run that has not ended. */
export const activeStatuses = ["pending", "running"] as const satisfies RunStatus[];

export function hasEnded(status: string): boolean {
  return !activeStatuses.some((active) => active === status);
}
