/** Look-ups over checkpoints by the run that wrote them. */
import type { Queryable } from "../database.ts";

/** The newest root checkpoint that this run wrote; undefined where it wrote none. */
export async function lastCheckpointOfRun(
  database: Queryable,
  run: { owner: string; thread_id: string; run_id: string },
): Promise<string | undefined> {
  const rows = await database.query<{ checkpoint_id: string }>(
    `SELECT checkpoint_id FROM checkpoints
     WHERE owner = $1 AND thread_id = $2 AND checkpoint_ns = '' AND run_id = $3
     ORDER BY checkpoint_id DESC LIMIT 1`,
    [run.owner, run.thread_id, run.run_id],
  );
  return rows[0]?.checkpoint_id;
}
