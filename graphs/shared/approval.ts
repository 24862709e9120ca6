/**
 * A human's word before a tool changes something, or takes what a tainted thread knows out of the machine: asked by an
 * interrupt, and bound to the exact arguments.
 */
import { ToolMessage } from "@langchain/core/messages";
import type { ToolCall } from "@langchain/core/messages/tool";
import type { StructuredToolInterface } from "@langchain/core/tools";
import { interrupt } from "@langchain/langgraph";
import { z } from "zod";
import { hashOfJson } from "../../src/canonical-json.ts";
import { yesOrNo } from "./replies.ts";
import { hasEgress } from "./taint.ts";

/** What the interrupt shows. */
export interface ApprovalRequest {
  readonly type: "approval";
  readonly question: string;
  readonly tool: string;
  readonly effect: string;
  readonly arguments: Record<string, unknown>;
  /** SHA-256 of the arguments; an answer may carry it back, and then holds for nothing else. */
  readonly arguments_hash: string;
  /** Where the thread has foreign text from, which may be what asks for this call. */
  readonly tainted?: readonly string[];
}

/** What resumes it: a word, or an object; `arguments` approves exactly these instead of the model's. */
const Answer = z.union([
  z.string().transform((said) => ({ approve: yesOrNo(said) === true, reason: said })),
  z.boolean().transform((approve) => ({ approve })),
  z.object({
    approve: z.boolean(),
    arguments: z.record(z.string(), z.unknown()).optional(),
    arguments_hash: z.string().optional(),
    reason: z.string().max(2_000).optional(),
  }),
]);

/** The call as it may be made, or what the model is to observe instead. */
export type Approval =
  | { readonly call: ToolCall; readonly refusal?: undefined }
  | { readonly call?: undefined; readonly refusal: ToolMessage };

/** True for tools that always need it: those that write or act on the outside world, or do not say what they do. */
export function needsApproval(tool: StructuredToolInterface): boolean {
  return effectOf(tool) !== "read";
}

/**
 * Asks a human about a call of a tool that needs it, and in a tainted thread of each that takes its arguments out of the
 * machine; other calls pass. Call it first in a node: the node runs again
 * from its start when the answer comes, and everything before this line with it.
 * @param tainted the thread's taint (taint.ts)
 * @throws LangGraph's interrupt, until the run is resumed with an answer: "yes", or `{ approve, arguments?, … }`
 */
export function approve(call: ToolCall, tool: StructuredToolInterface, tainted: readonly string[] = []): Approval {
  if (!needsApproval(tool) && !(tainted.length > 0 && hasEgress(tool))) return { call };
  const warning = `This thread has read foreign text (${tainted.join(", ")}), which may be what asks for it.`;
  const hash = hashOfJson(call.args);
  const request: ApprovalRequest = {
    type: "approval",
    question: `May the tool "${call.name}" be called with these arguments?${tainted.length > 0 ? ` ${warning}` : ""}`,
    tool: call.name,
    effect: effectOf(tool),
    arguments: call.args,
    arguments_hash: hash,
    ...(tainted.length > 0 && { tainted }),
  };
  const answer = Answer.safeParse(interrupt<ApprovalRequest, unknown>(request));
  if (!answer.success) return refuse(call, "the answer was none: expected yes, no or { approve: true | false }");
  const { approve: isApproved, arguments: edited, arguments_hash, reason } = { ...noDetails, ...answer.data };
  if (!isApproved) return refuse(call, reason ?? "no reason was given");
  const exact = edited ?? call.args;
  if (arguments_hash !== undefined && arguments_hash !== hashOfJson(exact) && arguments_hash !== hash)
    return refuse(call, "the approval was given for other arguments");
  return { call: { ...call, args: exact } };
}

const noDetails: { arguments?: Record<string, unknown>; arguments_hash?: string; reason?: string } = {};

function effectOf(tool: StructuredToolInterface): string {
  const effect = (tool as { metadata?: Record<string, unknown> }).metadata?.effect;
  return effect === "read" || effect === "write" ? effect : "external";
}

function refuse({ id = "", name }: ToolCall, reason: string): Approval {
  const content = `A human did not approve this call (${reason}). Do not repeat it; go on without, or say so.`;
  return { refusal: new ToolMessage({ status: "error", content, name, tool_call_id: id }) };
}
