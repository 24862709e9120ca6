/** A graph as a target: each trial is a real run of a real engine, on a thread of its own, its interrupts answered. */
import { v7 as uuid } from "uuid";
import type { Engine, RunRequest } from "../../engine/contract.ts";
import { toWire } from "../../engine/wire.ts";
import { isReplayed } from "../../llm/chat-model.ts";
import type { Message, Result, ToolCall } from "../contract.ts";
import { cassetteModel, type Suite } from "../suite.ts";
import { createRecorder, type Recording } from "./recording.ts";
import { type Answer, type Target, textOfLast } from "./target.ts";

type Call = Parameters<Target>[0];

export interface GraphTargets {
  readonly observer: ReturnType<typeof createRecorder>["observer"];
  /** @param engine watched by `observer` */
  open(engine: Engine, suite: Suite): Target;
}

export function createGraphTargets(): GraphTargets {
  const recorder = createRecorder();
  return {
    observer: recorder.observer,
    open: (engine, suite) => (call) => {
      const owner = `eval-${uuid()}`;
      const recording = recorder.begin(owner);
      const trial = { engine, suite, owner, recording, run: { trace_id: "", run_id: "" }, ...call };
      return {
        answer: answer(trial).finally(() => recorder.end(owner)),
        soFar: () => ({ ...described({}, trial), ...trial.run }),
      };
    },
  };
}

interface GraphTrial extends Call {
  readonly engine: Engine;
  readonly suite: Suite;
  readonly recording: Recording;
  /** A user of its own, so that no trial finds what another has stored. Its runs find their recording by it. */
  readonly owner: string;
  /** The latest run. */
  run: Pick<Answer, "trace_id" | "run_id">;
}

async function answer(trial: GraphTrial): Promise<Answer> {
  const { engine, owner, suite, item, recording } = trial;
  const { assistant_id } = await engine.assistants.create(owner, { graph_id: String(suite.target) });
  for (const input of item.before ?? []) {
    const { error } = await converse(trial, requestOf(trial, assistant_id, input, "eval_before"), []);
    if (error) throw new Error(`what was sent before failed: ${error.message}`);
    recording.forgetSteps();
  }
  return await converse(trial, requestOf(trial, assistant_id, item.input, "eval_item"), item.resume ?? []);
}

/** One input on a thread of its own, its interrupts answered as far as there are answers. */
async function converse(trial: GraphTrial, first: RunRequest, resume: readonly unknown[]): Promise<Answer> {
  const { engine, owner, recording } = trial;
  const { thread_id } = await engine.threads.create(owner, {});
  const answers = [...resume];
  let request = first;
  let open: readonly Waiting[] = [];
  for (;;) {
    const { __interrupt__: raised, __error__: error, ...values } = await runOnce(trial, thread_id, request);
    const waiting: readonly Waiting[] = Array.isArray(raised) ? raised : [];
    const stillOpen = new Set(open.map(({ id }) => id));
    recording.interrupts.push(...waiting.filter(({ id }) => !stillOpen.has(id)).map(({ value }) => value));
    if (waiting.length === 0 || answers.length === 0) {
      const state = error ? toWire((await engine.threads.get(owner, thread_id)).values) : values;
      return { ...described(Object(state), trial), ...trial.run, error: error as Result["error"] };
    }
    recording.resume();
    const { input: _, ...rest } = request;
    open = waiting.slice(answers.length);
    request = { ...rest, command: { resume: nextAnswers(waiting, answers) } };
  }
}

interface Waiting {
  readonly id: string;
  readonly value: unknown;
}

/** Of several interrupts each has its own answer, in their order, as far as there are answers. */
function nextAnswers(waiting: readonly Waiting[], answers: unknown[]): unknown {
  if (waiting.length === 1) return answers.shift();
  const asked = waiting.slice(0, answers.length);
  return Object.fromEntries(asked.map(({ id }) => [id, answers.shift()]));
}

/** @param role whether the run is the item's task, or comes before it */
function requestOf(
  { suite, item, trial }: GraphTrial,
  assistantId: string,
  input: unknown,
  role: "eval_item" | "eval_before",
): RunRequest {
  return {
    assistant_id: assistantId,
    input: typeof input === "string" ? { messages: [{ role: "user", content: input }] } : input,
    context: { ...suite.context, ...item.context, ...(suite.cassette && { model: cassetteModel(suite) }) },
    ...(suite.recursionLimit !== undefined && { config: { recursion_limit: suite.recursionLimit } }),
    // Cassettes key their calls by the trial.
    metadata: { eval_suite: suite.name, [role]: item.id, eval_trial: String(trial) },
  };
}

/** @returns the state's values, with `__interrupt__` where the run is paused, and `__error__` alone where it failed */
async function runOnce(trial: GraphTrial, threadId: string, request: RunRequest): Promise<Record<string, unknown>> {
  const { engine, owner, signal } = trial;
  signal.throwIfAborted();
  const { run, result } = await engine.runs.createAndWait(owner, threadId, request);
  trial.run = { trace_id: run.trace_id, run_id: run.run_id };
  const stop = () => {
    // Whoever waits for the answer has given up already.
    engine.runs.cancel(owner, threadId, run.run_id, { action: "interrupt", wait: false }).catch(() => {});
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return Object(JSON.parse(await result));
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function described(values: Record<string, unknown>, { recording, suite }: GraphTrial): Answer {
  const messages = (Array.isArray(values.messages) ? values.messages : []) as Message[];
  return {
    output: textOfLast(messages),
    messages,
    values,
    nodes: recording.nodes,
    toolCalls: callsOf(messages, recording),
    interrupts: toWire(recording.interrupts) as unknown[],
    usage: recording.usage,
    // A cassette is not paid, whatever its model was.
    cost: suite.cassette || isReplayed() ? 0 : recording.cost,
    firstTokenMs: recording.firstTokenMs,
    trace_id: "",
    run_id: "",
  };
}

/** Those that were made, in order, and behind them those that the model asked for and that were refused. */
function callsOf(messages: readonly Message[], recording: Recording): ToolCall[] {
  const made = recording.calls;
  const refused = messages.flatMap(({ tool_calls: asked }) =>
    (Array.isArray(asked) ? asked : []).flatMap(({ id, name, args }): ToolCall[] => {
      if (id === undefined || made.some((call) => call.id === id)) return [];
      const reply = messages.find(({ tool_call_id }) => tool_call_id === id);
      return reply ? [{ name, args, error: textOfLast([{ ...reply, type: "ai" }]) }] : [];
    }),
  );
  return [...made.map(({ id: _, ...call }) => call), ...refused];
}
