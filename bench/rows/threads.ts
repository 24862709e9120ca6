/** The two calls that every load is made of, and the check that the answer is the right one. */
import type { Client } from "../load/client.ts";

/** @returns the new thread's id */
export async function createThread(client: Client): Promise<string> {
  const { thread_id }: { thread_id: string } = JSON.parse(await client.post("/threads", {}));
  return thread_id;
}

/** Runs a graph on a thread and waits. @throws Error where `expected` is not in the final values */
export async function waitForRun(
  client: Client,
  threadId: string,
  run: { assistant_id: string; input: object },
  expected: string,
): Promise<void> {
  const values = await client.post(`/threads/${threadId}/runs/wait`, run);
  if (!values.includes(JSON.stringify(expected))) throw new Error(`A run of ${run.assistant_id} gave ${values}`);
}
