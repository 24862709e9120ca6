/** A provider that fails every call once changes nothing of what the patterns with tools and workers do. */
import { type FixtureFileResponse, type FixtureOpts, LLMock } from "@copilotkit/aimock";
import { expect, test } from "vitest";
import { graph as eventDriven } from "../../graphs/event-driven.ts";
import { graph as orchestrator } from "../../graphs/orchestrator.ts";
import { graph as planAndExecute } from "../../graphs/plan-and-execute.ts";
import { graph as react } from "../../graphs/react.ts";
import { configure } from "../../src/config.ts";
import { calling, noModel } from "../llm/scripted-model.ts";
import { ask } from "./durable.ts";

const structured = (name: string, value: object) => calling(["call", name, JSON.stringify(value)]);
const work = [structured("calculator", { expression: "6 * 7" }), { content: "It is 42, of course." }];
const answer = { content: "The answer to it is 42." };
const questions: string[] = [];

const patterns = {
  react: { graph: react, replies: work, nodes: ["think", "act", "think"] },
  "plan-and-execute": {
    graph: planAndExecute,
    replies: [
      structured("plan", { steps: ["6 * 7"] }),
      ...work,
      structured("reflection", { done: true, steps: [] }),
      answer,
    ],
    nodes: ["plan", "review", "execute", "reflect", "answer"],
  },
  orchestrator: {
    graph: orchestrator,
    replies: [
      structured("plan", { questions }),
      ...work,
      structured("verdict", { accepted: true, feedback: "", questions }),
    ],
    nodes: ["plan", "execute", "criticise"],
  },
  "event-driven": {
    graph: eventDriven,
    replies: [structured("plan", { requests: [{ type: "action-requested", what: "6 * 7" }] }), ...work, answer],
    nodes: ["receive", "dispatch", "plan", "dispatch", "act", "dispatch", "answer"],
  },
};

type Fault = (reply: FixtureFileResponse) => [FixtureFileResponse, FixtureOpts?];
const refusal = (status: number): Fault => {
  return () => [{ error: { message: "not now" }, status, retryAfter: 0 }];
};
const faults: Record<string, Fault> = {
  "429": refusal(429),
  "500": refusal(500),
  "a stream that is cut off": (reply) => [reply, { truncateAfterChunks: 2 }],
};

const cases = Object.entries(patterns).flatMap(([pattern, course]) =>
  Object.entries(faults).map(([name, fault]) => ({ pattern, name, fault, ...course })),
);

test.each(cases)("$pattern does what it always does when each call first meets $name", async (each) => {
  const { graph, replies, nodes, fault } = each;
  const server = new LLMock({ port: 0, chunkSize: 4 });
  for (const [index, reply] of replies.entries()) {
    const turn = (number: number) => ({ predicate: () => server.getRequests().length === number });
    server.on(turn(2 * index), ...fault(reply));
    server.on(turn(2 * index + 1), reply);
  }
  const OPENAI_BASE_URL = `${await server.start()}/v1`;
  await using stopping = new AsyncDisposableStack();
  stopping.defer(() => server.stop());
  configure({ ...noModel, MODEL: "openai:scripted", OPENAI_BASE_URL, MODEL_BACKOFF_MS: "1" });

  const ended: string[] = [];
  let last: { messages: { text: string }[] } = { messages: [] };
  // With messages the calls are streamed, so that they can be cut.
  const modes = { streamMode: ["updates", "values", "messages"] as ("updates" | "values" | "messages")[] };
  for await (const [mode, chunk] of await graph.stream(ask("What is 6 * 7?"), modes)) {
    if (mode === "updates") ended.push(...Object.keys(chunk));
    if (mode === "values") last = chunk;
  }
  expect(ended).toEqual(nodes);
  expect(last.messages.at(-1)?.text).toMatch(/42/);
  expect(server.getRequests()).toHaveLength(2 * replies.length);
});
