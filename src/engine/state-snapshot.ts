/** LangGraph's snapshots of a thread, in the Platform API's form, and what they mean for the thread's status. */
import type { StateSnapshot } from "@langchain/langgraph";
import type { CheckpointReference, Interrupt, JsonObject, ThreadState, ThreadTask } from "./contract.ts";
import { toWire } from "./wire.ts";

type SnapshotTask = StateSnapshot["tasks"][number];

/** What a thread without an active run is: waiting at interrupts (by task id) or a breakpoint, or idle. */
export interface ThreadOutcome {
  status: "idle" | "interrupted";
  interrupts: Record<string, Interrupt[]>;
}

export function outcomeOf(snapshot: StateSnapshot): ThreadOutcome {
  const interrupts: Record<string, Interrupt[]> = {};
  for (const task of snapshot.tasks)
    if (task.interrupts.length > 0) interrupts[task.id] = toWire(task.interrupts) as Interrupt[];
  // A node that asks a second time after its first answer is not among the next ones, and waits all the same.
  const waits = snapshot.next.length > 0 || Object.keys(interrupts).length > 0;
  return { status: waits ? "interrupted" : "idle", interrupts };
}

export function toThreadState(snapshot: StateSnapshot): ThreadState {
  const tasks = snapshot.tasks.map(toThreadTask);
  return {
    values: toWire(snapshot.values),
    next: [...snapshot.next],
    tasks,
    metadata: toWire(snapshot.metadata ?? {}) as JsonObject,
    created_at: snapshot.createdAt ?? null,
    checkpoint: toReference(snapshot.config.configurable) ?? {},
    parent_checkpoint: toReference(snapshot.parentConfig?.configurable),
    interrupts: tasks.flatMap((task) => task.interrupts),
  };
}

function toThreadTask(task: SnapshotTask): ThreadTask {
  const { state } = task;
  const nested = state !== undefined && "values" in state;
  return {
    id: task.id,
    name: task.name,
    path: task.path,
    error: task.error == null ? null : errorText(task.error),
    interrupts: toWire(task.interrupts) as Interrupt[],
    checkpoint: state && !nested ? toReference((state as { configurable?: JsonObject }).configurable) : null,
    state: nested ? toThreadState(state as StateSnapshot) : null,
    result: toWire(task.result ?? null),
  };
}

function errorText(error: unknown): string {
  if (typeof error === "object" && "message" in (error ?? {})) {
    const { name, message } = error as { name?: string; message: string };
    return name ? `${name}: ${message}` : message;
  }
  return typeof error === "string" ? error : JSON.stringify(error);
}

function toReference(configurable: JsonObject | undefined): CheckpointReference | null {
  if (configurable?.checkpoint_id === undefined) return null;
  const { thread_id, checkpoint_ns, checkpoint_id, checkpoint_map } = configurable as CheckpointReference;
  return { thread_id, checkpoint_id, checkpoint_ns: checkpoint_ns ?? "", ...(checkpoint_map && { checkpoint_map }) };
}
