/** The serialiser: LangChain's messages and LangGraph's own classes come back as what they were. */
import { createRequire } from "node:module";
import { Document } from "@langchain/core/documents";
import * as messages from "@langchain/core/messages";
import { Command, Overwrite, Send } from "@langchain/langgraph";
import { DeltaSnapshot } from "@langchain/langgraph-checkpoint";
import { describe, expect, it } from "vitest";
import { decode, encode } from "../../src/storage/serializer.ts";

const { AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } = messages;

const roundTrip = (value: unknown) => decode(encode(value));

describe("messages", () => {
  const toolCall = {
    name: "search",
    args: { q: "x", deep: [1, { a: null }] },
    id: "call-1",
    type: "tool_call" as const,
  };
  const usage_metadata = { input_tokens: 1, output_tokens: 2, total_tokens: 3, input_token_details: { cache_read: 1 } };

  it.each([
    ["human", new HumanMessage("hello")],
    ["human with everything", new HumanMessage({ content: "x", id: "1", name: "ada", additional_kwargs: { a: 1 } })],
    [
      "human with blocks",
      new HumanMessage({
        content: [
          { type: "text", text: "x" },
          { type: "image_url", image_url: "u" },
        ],
      }),
    ],
    ["system", new SystemMessage({ content: "be brief", response_metadata: { a: { b: [1] } } })],
    ["chat", new messages.ChatMessage({ content: "x", role: "judge" })],
    ["function", new messages.FunctionMessage({ content: "x", name: "f" })],
    ["remove", new messages.RemoveMessage({ id: "gone" })],
    ["AI", new AIMessage("hello")],
    ["AI with tool calls", new AIMessage({ content: "", tool_calls: [toolCall], usage_metadata, id: "2" })],
    [
      "AI with bad tool calls",
      new AIMessage({
        content: "",
        invalid_tool_calls: [{ name: "f", args: "{", id: "c", error: "bad", type: "invalid_tool_call" }],
      }),
    ],
    [
      "AI with raw tool calls as well",
      new AIMessage({
        content: "",
        tool_calls: [toolCall],
        additional_kwargs: {
          tool_calls: [{ id: "call-1", type: "function", function: { name: "search", arguments: "{}" } }],
        },
      }),
    ],
    ["tool", new ToolMessage({ content: "42", tool_call_id: "call-1", name: "search", status: "error" })],
    [
      "tool with an artifact",
      new ToolMessage({ content: "", tool_call_id: "c", artifact: { at: new Date(0), raw: new Map() } }),
    ],
    ["tool with metadata", new ToolMessage({ content: "", tool_call_id: "c", metadata: { server: "x" } })],
    ["AI chunk", new AIMessageChunk({ content: "hel", id: "3", usage_metadata })],
    ["human chunk", new messages.HumanMessageChunk("x")],
    ["system chunk", new messages.SystemMessageChunk("x")],
    ["tool chunk", new messages.ToolMessageChunk({ content: "x", tool_call_id: "c", status: "success" })],
    ["chat chunk", new messages.ChatMessageChunk({ content: "x", role: "judge" })],
    ["function chunk", new messages.FunctionMessageChunk({ content: "x", name: "f" })],
    ["a field of one's own", Object.assign(new HumanMessage("x"), { score: 1 })],
    ["an unknown argument", new HumanMessage({ content: "x", extra: { a: 1 } } as { content: string })],
  ])("come back: %s", (_name, message) => {
    const revived = roundTrip(message) as messages.BaseMessage;
    expect(revived).toEqual(message);
    expect(revived.constructor).toBe(message.constructor);
    expect(revived.toJSON()).toEqual(message.toJSON());
    expect(Buffer.from(encode(revived))).toEqual(Buffer.from(encode(message)));
  });

  it("come back: a chunk that parses its tool calls only when asked", () => {
    const tool_call_chunks = [{ name: "f", args: '{"a":', id: "c", index: 0, type: "tool_call_chunk" as const }];
    const chunk = new AIMessageChunk({ content: "", tool_call_chunks });
    const revived = roundTrip(chunk) as messages.AIMessageChunk;
    expect(revived.tool_call_chunks).toEqual(tool_call_chunks);
    expect(revived.tool_calls).toEqual(chunk.tool_calls);
    expect(revived.invalid_tool_calls).toEqual(chunk.invalid_tool_calls);
    expect(revived.concat(new AIMessageChunk("!")).tool_call_chunks).toEqual(tool_call_chunks);
  });

  it("come back: content in the v1 form", () => {
    const message = new AIMessage({ contentBlocks: [{ type: "text", text: "x" }, toolCall] });
    const revived = roundTrip(message) as messages.AIMessage;
    expect(revived.content).toEqual(message.content);
    expect(revived.contentBlocks).toEqual(message.contentBlocks);
    expect(revived.tool_calls).toEqual(message.tool_calls);
    expect(revived.response_metadata).toEqual({ output_version: "v1" });
  });

  it("come back as what they were made to be after they were made", () => {
    const message = new AIMessage({ content: "draft", id: "1" });
    message.content = "final";
    message.tool_calls = [toolCall];
    const revived = roundTrip(message) as messages.AIMessage;
    expect(revived.toJSON()).toMatchObject({ kwargs: { content: "final", id: "1", tool_calls: [toolCall] } });
  });
});

describe("LangGraph's and LangChain's other classes", () => {
  it.each([
    ["Send", new Send("node", { messages: [new HumanMessage("x")], at: new Date(0) })],
    ["Send with a timeout", new Send("node", {}, { timeout: 500 })],
    ["Command", new Command({ goto: [new Send("a", 1), "b"], update: { n: 1n }, graph: Command.PARENT })],
    ["Command that resumes", new Command({ resume: { approved: true } })],
    ["Overwrite", new Overwrite([new HumanMessage("x")])],
    ["DeltaSnapshot", new DeltaSnapshot([new HumanMessage("x")])],
    ["Document", new Document({ pageContent: "x", metadata: { page: 1 }, id: "1" })],
  ])("come back: %s", (_name, value) => {
    const revived = roundTrip(value) as object;
    expect(revived).toEqual(value);
    expect(revived.constructor).toBe(value.constructor);
    expect(Buffer.from(encode(revived))).toEqual(Buffer.from(encode(value)));
  });

  it("do not make a Send of a Send's arguments", () => {
    const send = new Send("node", {});
    send.args = { node: "data", args: [1] };
    expect((roundTrip(send) as Send).args).toStrictEqual({ node: "data", args: [1] });
  });

  it("are known from another copy of their package", () => {
    const require = createRequire(import.meta.url);
    const other: typeof messages = require("@langchain/core/messages");
    const { Send: OtherSend }: { Send: typeof Send } = require("@langchain/langgraph");
    expect(other.AIMessage).not.toBe(AIMessage);
    const value = [new other.AIMessage({ content: "x", id: "1" }), new OtherSend("node", new other.HumanMessage("y"))];
    const revived = roundTrip(value) as [messages.AIMessage, Send];
    expect(revived[0].constructor).toBe(AIMessage);
    expect(revived[0]).toMatchObject({ content: "x", id: "1" });
    expect(revived[1].constructor).toBe(Send);
    expect(revived[1].args.constructor).toBe(HumanMessage);
  });
});
