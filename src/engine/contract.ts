/** What the engine offers to its doors (http/): the resources, in the Platform API's own words, and the services. */
import type { BaseStore } from "@langchain/langgraph-checkpoint";

export type JsonObject = { [key: string]: unknown };

export type ThreadStatus = "idle" | "busy" | "interrupted" | "error";
export type RunStatus = "pending" | "running" | "success" | "error" | "timeout" | "interrupted";
export type MultitaskStrategy = "reject" | "interrupt" | "rollback" | "enqueue";
export type CancelAction = "interrupt" | "rollback";
/** What a stream may carry; `messages` is the accumulated form (partial / complete), `messages-tuple` the chunks. */
export type RunStreamMode =
  | "values"
  | "updates"
  | "messages"
  | "messages-tuple"
  | "custom"
  | "debug"
  | "tasks"
  | "checkpoints"
  | "tools"
  | "events";

export interface GraphConfig {
  configurable?: JsonObject;
  recursion_limit?: number;
  tags?: string[];
}

/** Times on resources are ISO 8601 texts in UTC. */
export interface Assistant {
  assistant_id: string;
  graph_id: string;
  name: string;
  description: string | null;
  config: GraphConfig;
  context: JsonObject;
  metadata: JsonObject;
  version: number;
  created_at: string;
  updated_at: string;
}

export interface Interrupt {
  id?: string;
  value: unknown;
  [key: string]: unknown;
}

export interface Thread {
  thread_id: string;
  created_at: string;
  updated_at: string;
  state_updated_at: string;
  metadata: JsonObject;
  config: JsonObject;
  status: ThreadStatus;
  /** The state's values, or null for a thread without a checkpoint. */
  values: unknown;
  /** Pending interrupts by task id. */
  interrupts: Record<string, Interrupt[]>;
  error: { error: string; message: string } | null;
}

export interface Run {
  run_id: string;
  thread_id: string;
  assistant_id: string;
  status: RunStatus;
  metadata: JsonObject;
  /** The request as it was accepted. */
  kwargs: JsonObject;
  multitask_strategy: MultitaskStrategy;
  /** 32 hex digits, fixed when the run is accepted; a run that resumes an interrupt has the trace of the run it goes on with. */
  trace_id: string;
  attempt: number;
  error: { error: string; message: string } | null;
  created_at: string;
  updated_at: string;
}

export interface CheckpointReference {
  thread_id?: string;
  checkpoint_ns?: string;
  checkpoint_id?: string;
  checkpoint_map?: JsonObject;
}

export interface ThreadTask {
  id: string;
  name: string;
  path?: unknown;
  error: string | null;
  interrupts: Interrupt[];
  checkpoint: CheckpointReference | null;
  state: ThreadState | null;
  result: unknown;
}

export interface ThreadState {
  values: unknown;
  next: string[];
  tasks: ThreadTask[];
  metadata: JsonObject;
  created_at: string | null;
  checkpoint: CheckpointReference;
  parent_checkpoint: CheckpointReference | null;
  interrupts: Interrupt[];
}

export interface RunCommand {
  resume?: unknown;
  update?: unknown;
  goto?: unknown;
}

/** A run as a client asks for it, validated by the door it came through. */
export interface RunRequest {
  assistant_id: string;
  input?: unknown;
  command?: RunCommand;
  checkpoint?: CheckpointReference;
  checkpoint_id?: string;
  config?: GraphConfig;
  context?: JsonObject;
  metadata?: JsonObject;
  interrupt_before?: "*" | string[];
  interrupt_after?: "*" | string[];
  stream_mode?: RunStreamMode[];
  stream_subgraphs?: boolean;
  /** Keep the run's events for EVENT_TTL after its end, so that a reader can come back. */
  stream_resumable?: boolean;
  multitask_strategy?: MultitaskStrategy;
  if_not_exists?: "reject" | "create";
  /** The stream gets an event `feedback` with a signed url for each of these keys. */
  feedback_keys?: string[];
  /** For a run without a thread: what happens to its temporary thread at the end (default delete). */
  on_completion?: "delete" | "keep";
  durability?: "sync" | "async" | "exit";
}

export interface RunOptions {
  /** Settings that came with the request, not in it (headers): configurable, but no part of what a retry must repeat. */
  headers?: JsonObject;
  /** Where the client reaches this server, for signed urls; PUBLIC_URL wins. */
  baseUrl?: string;
  /** The client's Idempotency-Key: the same key and request within 24 h give the same run. */
  idempotencyKey?: string;
  /** A hash of what the client sent, where the same message makes another RunRequest once its thread has gone on. */
  fingerprint?: string;
}

/** One event of a run's stream: `id` counts from 0 per run, `data` is JSON text on one line. */
export interface RunEvent {
  id: number;
  event: string;
  data: string;
}

/** Where a reader of a stream starts: with what comes now, at the first event, or after the event with this id. */
export type StreamPosition = "now" | "start" | number;

export interface Page<Item> {
  items: Item[];
  /** How many there are without limit and offset. */
  total: number;
}

export interface SearchOptions {
  limit: number;
  offset: number;
  sort_by?: string;
  sort_order?: "asc" | "desc";
}

export interface AssistantPatch {
  graph_id?: string;
  config?: GraphConfig;
  context?: JsonObject;
  metadata?: JsonObject;
  name?: string;
  description?: string | null;
}

export interface Assistants {
  create(
    owner: string,
    assistant: AssistantPatch & { graph_id: string; assistant_id?: string; if_exists?: "raise" | "do_nothing" },
  ): Promise<Assistant>;
  /** By assistant id, or by graph id for the graph's default assistant. */
  get(owner: string, id: string): Promise<Assistant>;
  search(
    owner: string,
    filter: { metadata?: JsonObject; graph_id?: string; name?: string } & SearchOptions,
  ): Promise<Page<Assistant>>;
  /** Makes a new version; fields that are absent stay. Metadata is merged key by key. */
  update(owner: string, id: string, patch: AssistantPatch): Promise<Assistant>;
  delete(owner: string, id: string, options?: { deleteThreads?: boolean }): Promise<void>;
  versions(
    owner: string,
    id: string,
    filter: { metadata?: JsonObject; limit: number; offset: number },
  ): Promise<Assistant[]>;
  setLatest(owner: string, id: string, version: number): Promise<Assistant>;
  /** { nodes, edges } */
  graph(owner: string, id: string, options: { xray: boolean | number }): Promise<JsonObject>;
  schemas(owner: string, id: string): Promise<JsonObject>;
  /** namespace -> schemas */
  subgraphs(owner: string, id: string, options: { namespace?: string; recurse: boolean }): Promise<JsonObject>;
}

export interface StateUpdate {
  values?: unknown;
  as_node?: string;
  command?: RunCommand;
}

export interface Threads {
  create(
    owner: string,
    thread: {
      thread_id?: string;
      metadata?: JsonObject;
      if_exists?: "raise" | "do_nothing";
      supersteps?: { updates: StateUpdate[] }[];
    },
  ): Promise<Thread>;
  get(owner: string, threadId: string): Promise<Thread>;
  search(
    owner: string,
    filter: { ids?: string[]; metadata?: JsonObject; values?: JsonObject; status?: ThreadStatus } & SearchOptions,
  ): Promise<Page<Thread>>;
  /** Metadata is merged key by key. */
  update(owner: string, threadId: string, patch: { metadata?: JsonObject }): Promise<Thread>;
  /** Deletes the thread, its runs and its checkpoints; an active run is cancelled first. */
  delete(owner: string, threadId: string): Promise<void>;
  copy(owner: string, threadId: string): Promise<Thread>;
  /** The latest state, or the state at `checkpoint`. */
  state(
    owner: string,
    threadId: string,
    options?: { checkpoint?: CheckpointReference; subgraphs?: boolean },
  ): Promise<ThreadState>;
  /** Writes values as a node would; `checkpoint` forks from there. 409 while a run is active. */
  updateState(
    owner: string,
    threadId: string,
    update: { values?: unknown; as_node?: string; checkpoint?: CheckpointReference },
  ): Promise<{ checkpoint: CheckpointReference }>;
  /** Newest first. */
  history(
    owner: string,
    threadId: string,
    options: { limit: number; before?: CheckpointReference; metadata?: JsonObject; checkpoint?: CheckpointReference },
  ): Promise<ThreadState[]>;
}

export interface Runs {
  /** Accepts a run (threadId null: a stateless one). When it resolves, the run is a committed row and on its way. */
  create(owner: string, threadId: string | null, request: RunRequest, options?: RunOptions): Promise<Run>;
  /** Accepts runs without a thread: all of them, or none. Each has the options' Idempotency-Key with its place. */
  createBatch(owner: string, requests: readonly RunRequest[], options?: RunOptions): Promise<Run[]>;
  /** create, with all of the run's events from the first on. Ending the iteration early does not end the run. */
  createAndStream(
    owner: string,
    threadId: string | null,
    request: RunRequest,
    options?: RunOptions,
  ): Promise<{ run: Run; events: AsyncIterable<RunEvent> }>;
  /** create, with the final values as JSON text: `{"__error__": {error, message}}` where the run failed. */
  createAndWait(
    owner: string,
    threadId: string | null,
    request: RunRequest,
    options?: RunOptions,
  ): Promise<{ run: Run; result: Promise<string> }>;
  get(owner: string, threadId: string, runId: string): Promise<Run>;
  /** The run by its id alone, as for GET /runs/:id/stream. */
  find(owner: string, runId: string): Promise<Run>;
  /** Newest first. */
  list(owner: string, threadId: string, filter: { status?: RunStatus; limit: number; offset: number }): Promise<Run[]>;
  /** The final values as JSON text, when the run has ended. */
  join(owner: string, threadId: string, runId: string): Promise<string>;
  /**
   * The events of a run, from a position on, until its end. A position that is not known any more is answered by a
   * first event `metadata` with `reset: true` and the values as they are.
   */
  stream(
    owner: string,
    threadId: string,
    runId: string,
    options: { position: StreamPosition; modes?: RunStreamMode[] },
  ): Promise<AsyncIterable<RunEvent>>;
  /** `wait`: resolves when the run has ended; else when the wish is committed. A run that has ended stays as it is. */
  cancel(
    owner: string,
    threadId: string,
    runId: string,
    options: { action: CancelAction; wait: boolean },
  ): Promise<void>;
  /** Deletes the row of a run that has ended; 409 for an active one. */
  delete(owner: string, threadId: string, runId: string): Promise<void>;
}

/** What somebody, or something, thinks of a run. Times are ISO 8601 texts in UTC. */
export interface Feedback {
  feedback_id: string;
  run_id: string;
  thread_id: string;
  graph_id: string;
  trace_id: string;
  /** What is judged: "user-feedback", "helpful", "grounded" … */
  key: string;
  /** Who judges: "user", "graph", "label-studio" or what the client says. */
  source: string;
  /** A text is a category. */
  score: number | boolean | string | null;
  comment: string | null;
  /** What the answer should have been: a text, or any value; null for none. */
  correction: unknown;
  /** When it reached Langfuse; null where it has not, or where it is not sent. */
  sent_at: string | null;
  /** Why Langfuse does not take it. */
  refusal: string | null;
  created_at: string;
  updated_at: string;
}

/** At least a score, a comment or a correction. */
export interface NewFeedback {
  /** Absent: made of the run, the source and the key, so that a second feedback takes the place of the first. */
  feedback_id?: string;
  /** The client's Idempotency-Key, of which the id is made where there is none. */
  idempotency_key?: string;
  key?: string;
  source?: string;
  score?: number | boolean | string;
  comment?: string;
  correction?: unknown;
}

export interface FeedbackDesk {
  /** Stores feedback on a run; what has its id already is replaced. When it resolves, the row is committed. */
  give(owner: string, runId: string, feedback: NewFeedback): Promise<Feedback>;
  /** The same by the token of a signed url, which says whose run and which key. */
  giveSigned(token: string, feedback: Omit<NewFeedback, "feedback_id" | "key" | "source">): Promise<Feedback>;
  /** What was said of a run, oldest first, its graph's own judgements included. */
  list(owner: string, runId: string, page: { limit: number; offset: number }): Promise<Feedback[]>;
}

export interface Engine {
  readonly assistants: Assistants;
  readonly threads: Threads;
  readonly runs: Runs;
  readonly feedback: FeedbackDesk;
  /** The owner's long-term memory. */
  store(owner: string): BaseStore;
  /** The graphs of langgraph.json, with the reason where one failed to load. */
  graphs(): readonly { graph_id: string; description?: string; error?: string }[];
  /** Takes up again what a dead process left. Called once, before the first request. */
  recover(): Promise<void>;
  /** Takes no new work, lets running supersteps end, puts what is not finished back as pending. */
  drain(): Promise<void>;
}
