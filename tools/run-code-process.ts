/** The process that run-code.ts starts: QuickJS, a JavaScript engine of its own with nothing around it. */
import { getQuickJS, type QuickJSContext, type QuickJSHandle, shouldInterruptAfterDeadline } from "quickjs-emscripten";
import { answerWith } from "./shared/separate-process.ts";

export interface Outcome {
  /** What console.log printed, a line each. */
  readonly printed: string;
  /** Of the last expression. */
  readonly value: string;
}

const memoryBytes = 64 * 1024 * 1024;
const stackBytes = 512 * 1024;
const programMs = 2_000;
const mostCharacters = 10_000;

answerWith((program) => run(String(program)));

async function run(program: string): Promise<Outcome> {
  const engine = await getQuickJS();
  const runtime = engine.newRuntime();
  runtime.setMemoryLimit(memoryBytes);
  runtime.setMaxStackSize(stackBytes);
  runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + programMs));
  const context = runtime.newContext();
  const printed = collectOutput(context);
  const ended = context.evalCode(program, "program.js");
  if (ended.error) throw new Error(`${worded(context, ended.error)}${printed()}`);
  const jobs = runtime.executePendingJobs();
  if (jobs.error) throw new Error(`${worded(context, jobs.error)}${printed()}`);
  const state = context.getPromiseState(ended.value);
  if (state.type === "rejected") throw new Error(`${worded(context, state.error)}${printed()}`);
  if (state.type === "pending") throw new Error(`the program waits for what never comes${printed()}`);
  return { printed: printed(), value: worded(context, state.value) };
}

/** Gives programs a console whose every word is printed, and gives what they have printed. */
function collectOutput(context: QuickJSContext): () => string {
  let output = "";
  const log = context.newFunction("log", (...values) => {
    if (output.length > mostCharacters) return;
    output = `${output}\n${values.map((value) => worded(context, value)).join(" ")}`.slice(0, mostCharacters + 1);
  });
  const console = context.newObject();
  for (const name of ["log", "info", "warn", "error", "debug"]) context.setProp(console, name, log);
  context.setProp(context.global, "console", console);
  return () => (output.length > mostCharacters ? `${output.slice(0, mostCharacters)}… [cut off]` : output);
}

function worded(context: QuickJSContext, handle: QuickJSHandle): string {
  const value: unknown = context.dump(handle);
  const text = typeof value === "string" ? value : wordedValue(value);
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}… [cut off]` : text;
}

function wordedValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  // Errors arrive as plain objects with these three.
  if ("name" in value && "message" in value && "stack" in value) return `${value.name}: ${value.message}`;
  return JSON.stringify(value) ?? String(value);
}
