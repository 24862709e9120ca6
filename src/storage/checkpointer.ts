/** LangGraph's checkpointer over the seam: whole snapshots, which an attempt may only store while it owns its run. */
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  compareWritesSortKeys,
  getCheckpointId,
  maxChannelVersion,
  type PendingWrite,
  TASKS,
  WRITES_IDX_MAP,
  writesSortKey,
} from "@langchain/langgraph-checkpoint";
import { SignalboxError } from "../errors.ts";
import {
  type CheckpointKey,
  type CheckpointRow,
  type CheckpointScope,
  createCheckpointRows,
  deleteThreadCheckpoints,
  type WriteRow,
} from "./checkpoint-rows.ts";
import type { Database } from "./database.ts";
import { decode, encode, serializer } from "./serializer.ts";

export { copyThread, deleteRunCheckpoints, deleteRunWrites, deleteThreadCheckpoints } from "./checkpoint-rows.ts";

/** How many keys a listing reads at a time; their checkpoints are read one by one, as they are asked for. */
const pageSize = 100;

/**
 * A checkpointer for the threads of one owner.
 * @param scope.fence the attempt that writes: a put is stored only while the run has a lease with this attempt, else
 *   it throws SignalboxError "stale-attempt". Without one (state updates) every put is stored.
 */
export function createCheckpointer(database: Database, scope: CheckpointScope): BaseCheckpointSaver {
  return new Checkpointer(database, scope);
}

class Checkpointer extends BaseCheckpointSaver {
  readonly #database: Database;
  readonly #scope: CheckpointScope;
  readonly #rows: ReturnType<typeof createCheckpointRows>;

  constructor(database: Database, scope: CheckpointScope) {
    super(serializer);
    this.#database = database;
    this.#scope = scope;
    this.#rows = createCheckpointRows(database, scope);
  }

  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const thread_id: unknown = config.configurable?.thread_id;
    if (typeof thread_id !== "string") return undefined;
    const checkpoint_ns = config.configurable?.checkpoint_ns ?? "";
    return await this.#read({ thread_id, checkpoint_ns, checkpoint_id: getCheckpointId(config) || undefined });
  }

  async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
    const filter = Object.entries(options.filter ?? {});
    const before = options.before && getCheckpointId(options.before);
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    let after: CheckpointKey | undefined;
    while (left > 0) {
      const limit = filter.length > 0 ? pageSize : Math.min(left, pageSize);
      const page = await this.#rows.keys({ thread_id, checkpoint_ns, checkpoint_id, before, after, limit });
      for (const { metadata, ...key } of page) {
        if (!matches(decode(metadata), filter)) continue;
        const tuple = await this.#read(key);
        if (!tuple) continue;
        yield tuple;
        left -= 1;
        if (left <= 0) return;
      }
      if (page.length < limit) return;
      after = page.at(-1);
    }
  }

  async put(config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<RunnableConfig> {
    const thread_id = threadOf(config, "put a checkpoint");
    const checkpoint_ns = config.configurable?.checkpoint_ns ?? "";
    const key = { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id };
    await this.#rows.insertCheckpoint(key, {
      parent_checkpoint_id: config.configurable?.checkpoint_id ?? null,
      checkpoint: encode(checkpoint),
      metadata: encode({ ...this.#scope.metadata, ...metadata }),
    });
    return { configurable: key };
  }

  async putWrites(config: RunnableConfig, writes: PendingWrite[], task_id: string, task_path = ""): Promise<void> {
    const thread_id = threadOf(config, "put writes");
    const checkpoint_id: unknown = config.configurable?.checkpoint_id;
    if (typeof checkpoint_id !== "string") {
      throw new SignalboxError("internal", 'Cannot put writes: the config has no "checkpoint_id" in "configurable".');
    }
    const checkpoint_ns = config.configurable?.checkpoint_ns ?? "";
    // A special write has one place, whose last value counts.
    const byPlace = new Map(
      writes.map(([channel, value], index) => [WRITES_IDX_MAP[channel] ?? index, { channel, value: encode(value) }]),
    );
    const rows = Array.from(byPlace, ([idx, write]) => ({ idx, ...write }));
    await this.#rows.insertWrites({ thread_id, checkpoint_ns, checkpoint_id }, { task_id, task_path }, rows);
  }

  async deleteThread(threadId: string): Promise<void> {
    await this.#database.transaction((tx) => deleteThreadCheckpoints(tx, this.#scope.owner, threadId));
  }

  async #read(key: Omit<CheckpointKey, "checkpoint_id"> & { checkpoint_id?: string }) {
    const found = await this.#rows.read(key);
    if (!found) return undefined;
    const tuple = toTuple(key, found.checkpoint, found.writes);
    if (tuple.checkpoint.v < 4 && tuple.parentConfig) await this.#adoptSends(tuple.checkpoint, tuple.parentConfig);
    return tuple;
  }

  /** Before version 4, the Sends of a superstep were only among the writes of the parent checkpoint. */
  async #adoptSends(checkpoint: Checkpoint, parentConfig: RunnableConfig): Promise<void> {
    const parent = await this.getTuple(parentConfig);
    const sends = (parent?.pendingWrites ?? []).filter(([, channel]) => channel === TASKS).map(([, , send]) => send);
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_values[TASKS] = sends;
    checkpoint.channel_versions[TASKS] =
      versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
  }
}

function threadOf(config: RunnableConfig, purpose: string): string {
  const thread_id: unknown = config.configurable?.thread_id;
  if (typeof thread_id === "string") return thread_id;
  throw new SignalboxError("internal", `Cannot ${purpose}: the config has no "thread_id" in "configurable".`);
}

function toTuple(
  { thread_id, checkpoint_ns }: { thread_id: string; checkpoint_ns: string },
  row: CheckpointRow,
  writes: WriteRow[],
): CheckpointTuple {
  const configOf = (checkpoint_id: string) => ({ configurable: { thread_id, checkpoint_ns, checkpoint_id } });
  const keyOf = (write: WriteRow) => writesSortKey(write.task_path, write.task_id, write.idx);
  const pendingWrites = writes
    .toSorted((one, other) => compareWritesSortKeys(keyOf(one), keyOf(other)))
    .map((write): CheckpointPendingWrite => [write.task_id, write.channel, decode(write.value)]);
  return {
    config: configOf(row.checkpoint_id),
    checkpoint: decode(row.checkpoint) as Checkpoint,
    metadata: decode(row.metadata) as CheckpointMetadata,
    pendingWrites,
    ...(row.parent_checkpoint_id !== null && { parentConfig: configOf(row.parent_checkpoint_id) }),
  };
}

function matches(metadata: unknown, filter: [string, unknown][]): boolean {
  return filter.every(([key, value]) => (metadata as Record<string, unknown>)[key] === value);
}
