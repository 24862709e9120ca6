/** What watches runs from outside (tracing, measures): the engine tells it of each attempt, and knows no more of it. */
import type { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { RunRecord } from "../storage/tables/runs.ts";
import type { JsonObject } from "./contract.ts";
import { requestOf } from "./run-request.ts";

/** One attempt at a run, as it begins. */
export interface ObservedRun {
  readonly run_id: string;
  readonly thread_id: string;
  readonly owner: string;
  readonly assistant_id: string;
  readonly assistant_version: number | undefined;
  readonly graph_id: string;
  /** 32 hex digits; a run that resumes an interrupt has that of the run it goes on with. */
  readonly trace_id: string;
  /** From 1. */
  readonly attempt: number;
  readonly metadata: JsonObject;
  readonly configurable: JsonObject;
  readonly tags: readonly string[];
  /** What the graph is given: the request's input or its command; null where it goes on from a checkpoint. */
  readonly input: unknown;
  /** True where the run answers an interrupt. */
  readonly resumes: boolean;
  /** When the run was accepted, in ms since 1970. */
  readonly created_at: number;
  /** When the attempt began, in ms since 1970. */
  readonly began_at: number;
  /** Fires when the run is to stop: what fails from then on was stopped. */
  readonly signal: AbortSignal;
}

/** How an attempt ended. `retried`: not at all; it goes on in another attempt. */
export interface ObservedEnd {
  readonly status: "success" | "interrupted" | "error" | "timeout" | "retried";
  /** The graph's last values, where it came to some. */
  readonly values?: unknown;
  /** The interrupts that the graph waits at; undefined where it ran to its end. */
  readonly interrupts?: readonly unknown[] | undefined;
  readonly error?: { readonly error: string; readonly message: string } | undefined;
  /** When it ended, in ms since 1970, of an attempt that nobody accompanied; else it ends as this is told. */
  readonly ended_at?: number | undefined;
}

/** Accompanies one attempt. Nothing of it may throw, or wait for anything outside of this process. */
export interface RunObservation {
  readonly callbacks: readonly BaseCallbackHandler[];
  /** Runs the graph in the observation's own asynchronous context. */
  within<Result>(work: () => Promise<Result>): Promise<Result>;
  end(end: ObservedEnd): void;
}

export interface RunObserver {
  /** @returns undefined where this attempt is not watched */
  observe(run: ObservedRun): RunObservation | undefined;
  /** Sends, or stores, what is still held; gives up after its own limit of time, and never throws. */
  drain(): Promise<void>;
}

/** All observers' observations of one attempt as one. */
export function observeRun(observers: readonly RunObserver[], run: ObservedRun): RunObservation {
  const observations = observers.flatMap((observer) => observer.observe(run) ?? []);
  return {
    callbacks: observations.flatMap(({ callbacks }) => callbacks),
    within<Result>(work: () => Promise<Result>) {
      return observations.reduce((inner, observation) => () => observation.within(inner), work)();
    },
    end(end) {
      for (const observation of observations) observation.end(end);
    },
  };
}

/**
 * A run as observers are told of it: its row's attempt, which begins now, unless `attempt` says otherwise. Without a
 * signal nobody accompanies it, and it is over.
 */
export function observedRun(
  run: RunRecord,
  { signal = AbortSignal.abort(), ...attempt }: Partial<Pick<ObservedRun, "attempt" | "began_at" | "signal">> = {},
): ObservedRun {
  const request = requestOf(run);
  return {
    run_id: run.run_id,
    thread_id: run.thread_id,
    owner: run.owner,
    assistant_id: run.assistant_id,
    assistant_version: request.assistant_version,
    graph_id: request.graph_id,
    trace_id: run.trace_id,
    attempt: run.attempt,
    metadata: run.metadata,
    configurable: request.configurable,
    tags: request.tags ?? [],
    input: request.command ?? request.input ?? null,
    resumes: request.command?.resume !== undefined,
    created_at: run.created_at,
    began_at: Date.now(),
    signal,
    ...attempt,
  };
}

/** Tells of a run that was cancelled while it waited for its turn: the attempt that would have come is its end. */
export function tellOfCancelled(observers: readonly RunObserver[], run: RunRecord): void {
  observeRun(observers, observedRun(run, { attempt: run.attempt + 1 })).end({ status: "interrupted" });
}

/** Tells of an attempt whose process died: it ended with the last sign of life, the renewal of the lease. */
export function tellOfLost(observers: readonly RunObserver[], run: RunRecord, end: ObservedEnd, leaseMs: number): void {
  // Nothing has changed the row since its claim, but the lease.
  const began_at = run.updated_at;
  const ended_at = Math.max(began_at, (run.lease_until ?? 0) - leaseMs);
  observeRun(observers, observedRun(run, { began_at })).end({ ...end, ended_at });
}
