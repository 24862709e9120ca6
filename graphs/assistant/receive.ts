/** The input guard, and what is asked of the memory: neither needs a model. */
import { Overwrite } from "@langchain/langgraph";
import { guardInput } from "../shared/input-guard.ts";
import { masker } from "../shared/masker.ts";
import { fulfil, memoryRequest } from "../shared/memory.ts";
import { taskOf } from "../shared/messages.ts";
import { answered, unanswered } from "../shared/outcome.ts";
import { type Node, settingsOf } from "./state.ts";

/** Begins a task: nothing of the last one is left but the conversation and its taint. */
export const receive: Node = ({ messages }, runtime) => {
  const clean = {
    route: null,
    passages: new Overwrite([]),
    questions: [],
    draft: "",
    usage: null,
    advice: "",
    rounds: 0,
    citations: [],
    used: [],
    judgements: [],
    outcome: null,
  };
  const { text, refusal } = taskOf(messages);
  if (refusal) return { ...clean, ...unanswered(refusal) };
  const { blocked, masked } = guardInput(text, settingsOf(runtime));
  const judgement = { name: "input-guard", value: blocked === undefined };
  if (blocked) {
    runtime.writer?.({ type: "guard-blocked", guard: "input", reason: blocked.reason });
    return { ...clean, judgements: [{ ...judgement, comment: blocked.reason }], ...unanswered(blocked) };
  }
  const judgements = [{ ...judgement, ...(masked && { comment: "Personal data was masked for the model." }) }];
  return { ...clean, route: memoryRequest(text) ? ("memory" as const) : null, judgements };
};

/** Remembers, forgets, or lists what is remembered. */
export const remember: Node = async ({ messages }, runtime) => {
  const request = memoryRequest(taskOf(messages).text ?? "");
  if (!request) return {};
  return answered(masker(settingsOf(runtime))(await fulfil(request, runtime.store)));
};
