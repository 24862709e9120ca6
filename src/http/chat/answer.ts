/**
 * The answer of a run, as text, from the run's events.
 *
 * Two sources are woven into one text. Model calls are heard token by token (calls tagged `nostream` are not), and each
 * state of the graph tells which AI messages the run has added to `messages`: what was not heard is taken from there.
 * Several messages (text before a tool call, then the answer) are paragraphs, in the order in which they began. Where
 * calls run side by side, one is shown as it comes and the others after it. A streamed and a plain completion read
 * the same events with this, so both give the same text.
 */
import type { Interrupt, JsonObject, RunEvent, RunStatus } from "../../engine/contract.ts";
import { type CitationNotice, citationNotice } from "./citations.ts";
import { contentText } from "./messages.ts";
import { type CompletionUsage, type MessageUsage, sumUsage, usageOf } from "./usage.ts";

export interface Answer {
  /** Takes the run's next event; gives the text that it lets be shown, often none. */
  read(event: RunEvent): string;
  /** What the run came to, after its last event. */
  outcome(): AnswerOutcome;
}

export interface AnswerOutcome {
  /** The run's status, if the events reached its end. */
  status: RunStatus | undefined;
  /** Why the run failed, if it did. */
  failure: { error: string; message: string } | undefined;
  /** What the run waits for. */
  interrupts: Interrupt[];
  /** True if the run has said something, or its model chose to say nothing. */
  answered: boolean;
  finishReason: "stop" | "length" | "content_filter";
  /** What the answer cites, where its graph says so. */
  cited: CitationNotice | undefined;
  /** Undefined where no model call reported any. */
  usage: CompletionUsage | undefined;
}

/** An AI message of this run: heard, found in the graph's state, or both. */
interface Spoken {
  /** The task that says it, as `node:id|node:id`. */
  readonly task: string;
  text: string;
  unsent: string;
  /** Nothing but white space so far: no paragraph is begun for that. */
  blank: boolean;
  /** No more text is to come. */
  ended: boolean;
  landed: boolean;
  callsTools: boolean;
  finishReason: string | undefined;
  usages: MessageUsage[];
  besides: unknown;
}

/** A message as events carry it: flat, with its type. */
interface WireMessage {
  id?: string;
  type?: string;
  content?: unknown;
  tool_calls?: unknown[];
  usage_metadata?: unknown;
  response_metadata?: JsonObject;
  additional_kwargs?: JsonObject;
}

export function createAnswer(): Answer {
  const spoken = new Map<string, Spoken>();
  const interrupts = new Map<string, Interrupt>();
  /** The AI messages that were there before the run; undefined until the first state comes. */
  let before: ReadonlySet<string> | undefined;
  /** False after a gap in the events: tokens may be missing, so that the rest comes from the states alone. */
  let hearing = true;
  let lastSent: Spoken | undefined;
  let shown = "";
  let status: RunStatus | undefined;
  let failure: AnswerOutcome["failure"];

  function hear([chunk, metadata]: [WireMessage, JsonObject]): void {
    // What nodes return comes this way too; only the state tells whether it is part of the conversation.
    if (metadata.ls_model_type !== "chat" || !isAnswerOfModel(chunk) || chunk.id === undefined) return;
    const message = spoken.get(chunk.id) ?? newSpoken(String(metadata.langgraph_checkpoint_ns ?? ""));
    spoken.set(chunk.id, message);
    add(message, contentText(chunk.content));
    const usage = usageOf(chunk);
    if (usage) message.usages.push(usage);
    note(message, chunk);
    if (message.finishReason !== undefined) message.ended = true;
  }

  function takeState(state: JsonObject): void {
    if (Array.isArray(state.__interrupt__)) {
      // It comes as soon as one node asks, while others may still speak.
      for (const interrupt of state.__interrupt__ as Interrupt[]) interrupts.set(keyOf(interrupt), interrupt);
      return;
    }
    endWithin("");
    if (!Array.isArray(state.messages)) return;
    const messages = state.messages as WireMessage[];
    before ??= new Set((hearing ? messages : beforeLastQuestion(messages)).filter(isAnswerOfModel).map(keyOf));
    for (const message of messages) if (isAnswerOfModel(message) && !before.has(keyOf(message))) land(message);
  }

  function land(message: WireMessage): void {
    const text = contentText(message.content).trim();
    const known = spoken.get(keyOf(message)) ?? findSpoken(spoken.values(), text);
    if (known?.landed) return;
    const entry = known ?? newSpoken("");
    if (!known) spoken.set(keyOf(message), entry);
    entry.landed = true;
    entry.ended = true;
    if (text.startsWith(entry.text.trim())) add(entry, text.slice(entry.text.trim().length));
    const usage = usageOf(message);
    if (usage) entry.usages = [usage];
    entry.besides = message.additional_kwargs;
    note(entry, message);
  }

  function endWithin(namespace: string): void {
    for (const message of spoken.values()) {
      if (namespace === "" || message.task.startsWith(`${namespace}|`)) message.ended = true;
    }
  }

  /** The text that can be shown now: up to the first message that still grows. */
  function release(): string {
    let text = "";
    for (const message of spoken.values()) {
      if (message.unsent !== "" && !message.blank) {
        if (lastSent && lastSent !== message) text += "\n\n";
        text += message.unsent;
        message.unsent = "";
        lastSent = message;
      }
      if (!message.ended) break;
    }
    shown += text;
    return text;
  }

  return {
    read({ event, data }) {
      const bar = event.indexOf("|");
      const kind = bar < 0 ? event : event.slice(0, bar);
      const namespace = bar < 0 ? "" : event.slice(bar + 1);
      if (kind === "messages") {
        if (!hearing) return "";
        hear(JSON.parse(data));
      } else if (kind === "values") {
        if (namespace === "") takeState(JSON.parse(data));
        else endWithin(namespace);
      } else if (kind === "metadata") {
        if (JSON.parse(data).reset === true) hearing = false;
      } else if (kind === "error") {
        failure = JSON.parse(data);
      } else if (kind === "end") {
        status = JSON.parse(data).status;
        endWithin("");
      }
      return release();
    },
    outcome() {
      const messages = [...spoken.values()];
      const last = messages.findLast((message) => !message.callsTools || message.text !== "");
      return {
        status,
        failure,
        interrupts: [...interrupts.values()],
        answered: last !== undefined,
        finishReason: toFinishReason(last?.finishReason),
        cited: citationNotice(shown, last?.besides),
        usage: sumUsage(messages.flatMap((message) => message.usages)),
      };
    },
  };
}

function newSpoken(task: string): Spoken {
  return {
    task,
    text: "",
    unsent: "",
    blank: true,
    ended: false,
    landed: false,
    callsTools: false,
    finishReason: undefined,
    usages: [],
    besides: undefined,
  };
}

function add(message: Spoken, text: string): void {
  message.text += text;
  message.unsent += text;
  message.blank &&= text.trim() === "";
}

function note(message: Spoken, source: WireMessage): void {
  if (source.tool_calls?.length) message.callsTools = true;
  message.finishReason = finishReasonOf(source.response_metadata) ?? message.finishReason;
}

function isAnswerOfModel(message: WireMessage): boolean {
  return message.type === "ai" || message.type === "AIMessageChunk";
}

/** Where a graph's list gives its messages no ids, they are told apart by what they are. */
function keyOf(entry: WireMessage | Interrupt): string {
  return entry.id ?? JSON.stringify(entry);
}

/** A node may append a copy of what its model said, perhaps with more behind it: that is the same message. */
function findSpoken(spoken: Iterable<Spoken>, text: string): Spoken | undefined {
  for (const message of spoken) {
    if (!message.landed && !message.blank && text.startsWith(message.text.trim())) return message;
  }
  return undefined;
}

/** Where the first states were missed: what stands before the last human message is older than the run. */
function beforeLastQuestion(messages: WireMessage[]): WireMessage[] {
  return messages.slice(0, messages.findLastIndex((message) => message.type === "human") + 1);
}

/** Why a model stopped, under the names that providers have for it. */
function finishReasonOf(metadata: JsonObject | undefined): string | undefined {
  const { finish_reason, finishReason, stop_reason, stopReason, done_reason } = metadata ?? {};
  const reason = finish_reason ?? finishReason ?? stop_reason ?? stopReason ?? done_reason;
  return typeof reason === "string" ? reason.toLowerCase() : undefined;
}

function toFinishReason(reason: string | undefined): AnswerOutcome["finishReason"] {
  if (reason === "length" || reason === "max_tokens") return "length";
  if (reason === "content_filter" || reason === "safety" || reason === "refusal") return "content_filter";
  return "stop";
}
