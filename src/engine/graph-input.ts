/** Checks a request against the graph's own schemas before anything is stored. */
import { isSignalboxError, SignalboxError } from "../errors.ts";
import type { CompiledGraph } from "./graphs.ts";
import type { StoredRequest } from "./run-request.ts";

/** Checks that LangGraph makes at the start of a run, and offers to nobody: here they come before the run is accepted. */
interface GraphChecks {
  _validateInput(input: unknown): Promise<unknown>;
  _validateContext(context: unknown): Promise<unknown>;
}

/** @throws SignalboxError "invalid-request" that names the field, and the state's or the context's key in it */
export async function checkInput(graph: CompiledGraph, request: StoredRequest): Promise<void> {
  const checks = graph as unknown as GraphChecks;
  if (request.input != null && !request.command) await valid("input", () => checks._validateInput(request.input));
  await valid("context", () => checks._validateContext({ ...request.context }));
}

/** @throws SignalboxError "invalid-request" where the graph refuses these values for its state */
export async function valid<Result>(field: string, validate: () => Promise<Result>): Promise<Result> {
  try {
    return await validate();
  } catch (error) {
    if (isSignalboxError(error)) throw error;
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, " ").trim() : String(error);
    throw new SignalboxError("invalid-request", `${field} does not fit the graph: ${reason}`, { cause: error });
  }
}
