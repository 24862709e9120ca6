/** What a handler makes of real tools' and models' calls. */
import { ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { GraphInterrupt } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { MeasuringHandler } from "../../src/engine/measures-handler.ts";
import { ScriptedModel } from "../fixtures/chat/scripted-model.ts";

const unpriced = () => undefined;

describe("A tool's call", () => {
  const schema = { type: "object", properties: {} } as const;
  const call = { type: "tool_call", id: "1", name: "look", args: {} } as const;

  async function counted(work: () => unknown): Promise<unknown> {
    const handler = new MeasuringHandler(unpriced);
    await tool(work, { name: "look", schema })
      .invoke(call, { callbacks: [handler] })
      .catch(() => undefined);
    return Object.fromEntries(handler.tools);
  }

  it("that gives a result has not failed", async () => {
    expect(await counted(() => "found")).toEqual({ look: { calls: 1, failures: 0 } });
  });

  it("that gives a message of an error has failed", async () => {
    const message = new ToolMessage({ tool_call_id: "1", status: "error", content: "nothing there" });
    expect(await counted(() => message)).toEqual({ look: { calls: 1, failures: 1 } });
  });

  it("that throws has failed", async () => {
    const broken = () => {
      throw new Error("no connection");
    };
    expect(await counted(broken)).toEqual({ look: { calls: 1, failures: 1 } });
  });

  it("that waits for a human is not counted until it is made", async () => {
    const asking = () => {
      throw new GraphInterrupt();
    };
    expect(await counted(asking)).toEqual({});
  });
});

describe("The first token", () => {
  const model = new ScriptedModel({ text: "one two" });

  async function streamed(tags: string[]): Promise<MeasuringHandler> {
    const handler = new MeasuringHandler(unpriced);
    for await (const _ of await model.stream("hello", { callbacks: [handler], tags }));
    return handler;
  }

  it("is the answer's, of a call whose words are for the user", async () => {
    const { firstToken, models } = await streamed([]);
    expect(firstToken).toEqual(expect.any(Number));
    expect([...models.values()][0]?.first_token_ms).toHaveLength(1);
  });

  it("of a router or a judge is the model's alone", async () => {
    const { firstToken, models } = await streamed(["nostream"]);
    expect(firstToken).toBeUndefined();
    expect([...models.values()][0]?.first_token_ms).toHaveLength(1);
  });
});

it("A model's calls beyond the first names are counted as others'", async () => {
  const handler = new MeasuringHandler(unpriced);
  for (let index = 0; index < 60; index++) {
    const metadata = { ls_model_name: `model-${index}` };
    await new ScriptedModel({ text: "hi" }).invoke("hello", { callbacks: [handler], metadata });
  }
  expect(handler.models.size).toBe(51);
  expect(handler.models.get("other")?.calls).toBe(10);
});
