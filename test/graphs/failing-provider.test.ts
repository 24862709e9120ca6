/** A provider that fails each call once does not change what a pattern does, and one that fails for good ends it typed. */
import { type FixtureFileResponse, type FixtureOpts, LLMock } from "@copilotkit/aimock";
import { describe, expect, test } from "vitest";
import { graph as promptChaining } from "../../graphs/prompt-chaining.ts";
import { graph as reflection } from "../../graphs/reflection.ts";
import { graph as routing } from "../../graphs/routing.ts";
import { configure } from "../../src/config.ts";
import { calling, noModel } from "../llm/scripted-model.ts";
import { ask, durable, onThread, path } from "./durable.ts";

type Fault = (reply: FixtureFileResponse) => [FixtureFileResponse, FixtureOpts?];
const refusal = (status: number): Fault => {
  const error = { error: { message: "not now" }, status, retryAfter: 0 };
  return () => [error];
};
const faults: [string, Fault][] = [
  ["429", refusal(429)],
  ["500", refusal(500)],
  ["a stream that is cut off", (reply) => [reply, { truncateAfterChunks: 2 }]],
];

const structured = (name: string, value: object) => calling(["call", name, JSON.stringify(value)]);
const scores = { correctness: 9, completeness: 9, clarity: 9 };
const chain = ["summarise", "check_summary", "extract", "check_entities", "write", "check_report", "deliver"];

const patterns = [
  {
    pattern: "The prompt chain",
    compile: promptChaining.builder,
    replies: [
      { content: "It rained in Porto." },
      structured("entities", { entities: [{ text: "Porto", kind: "place" }] }),
      { content: "A report on the rain of Porto." },
    ],
    nodes: ["receive", ...chain],
    answer: "A report on the rain of Porto.",
  },
  {
    pattern: "Routing",
    compile: routing.builder,
    replies: [
      structured("classification", { route: "creative", confidence: 1 }),
      { content: "A poem of several words." },
    ],
    nodes: ["receive", "classify", "creative"],
    answer: "A poem of several words.",
  },
  {
    pattern: "Reflection",
    compile: reflection.builder,
    replies: [{ content: "A draft of several words." }, structured("review", { scores, advice: "None." })],
    nodes: ["receive", "write", "review", "answer"],
    answer: "A draft of several words.",
  },
];

/** Fails each call once, or, without `replies`, every call. `requests` counts what came. */
async function failingModel(fault: Fault, replies: FixtureFileResponse[]) {
  const server = new LLMock({ port: 0, chunkSize: 4 });
  for (const [index, reply] of replies.entries()) {
    const turn = (number: number) => ({ predicate: () => server.getRequests().length === number });
    server.on(turn(2 * index), ...fault(reply));
    server.on(turn(2 * index + 1), reply);
  }
  server.on({ predicate: () => true }, ...fault({ content: "Half of an answer." }));
  const OPENAI_BASE_URL = `${await server.start()}/v1`;
  configure({ ...noModel, MODEL: "openai:scripted", OPENAI_BASE_URL, MODEL_BACKOFF_MS: "1" });
  return { requests: () => server.getRequests().length, [Symbol.asyncDispose]: () => server.stop() };
}

describe.each(patterns)("$pattern", ({ compile, replies, nodes, answer }) => {
  const remembering = () => durable((checkpointer) => compile.compile({ checkpointer }));
  const question = ask("It rained in Porto, all day and for the whole of the night.");

  test.each(faults)("does what it always does when each call first meets %s", async (_, fault) => {
    await using model = await failingModel(fault, replies);
    await using thread = await remembering();
    // With messages the calls are streamed, so that they can be cut.
    const streamed = { ...onThread("one"), streamMode: ["updates", "messages"] as ("updates" | "messages")[] };
    const updates: string[] = [];
    for await (const [mode, chunk] of await thread.graph.stream(question, streamed)) {
      if (mode === "updates") updates.push(...Object.keys(chunk));
    }
    expect(updates).toEqual(nodes);
    expect((await thread.graph.getState(onThread("one"))).values.messages.at(-1)?.text).toBe(answer);
    expect(model.requests()).toBe(2 * replies.length);
  });

  test.each(faults)("ends with an error, and can be taken up again, when %s does not stop", async (_, fault) => {
    await using _failing = await failingModel(fault, []);
    await using thread = await remembering();
    const streamed = { ...onThread("one"), streamMode: ["messages"] as "messages"[] };
    const work = async () => await Array.fromAsync(await thread.graph.stream(question, streamed));
    await expect(work()).rejects.toMatchObject({ code: "model-failed" });
    expect((await thread.graph.getState(onThread("one"))).next).toEqual([nodes[1]]);
    await using _model = await failingModel(refusal(429), replies);
    expect(await path(thread.graph, null, onThread("one"))).toEqual(nodes.slice(1));
  });
});
