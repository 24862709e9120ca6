/** What a trace shows of inputs and outputs. */
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { describe, expect, it } from "vitest";
import { answerIn, contentOf, questionIn } from "../../src/langfuse/content.ts";

const shown = (value: unknown, most = 10_000) => JSON.parse(contentOf(value, most) ?? "null");

describe("The content of a trace", () => {
  it("is the text itself, or JSON with messages as role and content", () => {
    expect(contentOf("plain", 100)).toBe("plain");
    expect(contentOf(null, 100)).toBeUndefined();
    const call = { id: "1", name: "add", args: { a: 1 }, type: "tool_call" as const };
    const messages = [
      new HumanMessage("hi"),
      new AIMessage({ content: "", tool_calls: [call] }),
      new ToolMessage({ content: "2", tool_call_id: "1", name: "add" }),
    ];
    expect(shown({ messages })).toEqual({
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", content: "", tool_calls: [call] },
        { role: "tool", content: "2", name: "add", tool_call_id: "1" },
      ],
    });
  });

  it("keeps what JSON has no form for readable", () => {
    const value = {
      when: new Date(0),
      kinds: new Set(["a"]),
      bytes: new Uint8Array(3),
      big: 2n,
      error: new Error("no"),
    };
    expect(shown(value)).toEqual({
      when: "1970-01-01T00:00:00.000Z",
      kinds: ["a"],
      bytes: "[3 bytes]",
      big: "2",
      error: { name: "Error", message: "no" },
    });
  });

  it("is bounded, and of a conversation keeps the end", () => {
    const messages = Array.from({ length: 100 }, (_, index) => new HumanMessage(`${index} ${"word ".repeat(20)}`));
    const kept = shown({ messages }, 1_000).messages;
    expect(kept.length).toBeLessThan(15);
    expect(kept[0]).toMatch(/^\[\d+ more\]$/);
    expect(kept.at(-1).content).toMatch(/^99 /);
    expect(contentOf("word ".repeat(1_000), 103)).toBe(`${"word ".repeat(20).trimEnd()}… [4901 more characters]`);
  });

  it("never cuts a word, which may be a secret that is known only as a whole", () => {
    const secret = `sk-${"abc123".repeat(8)}`;
    for (let most = 1; most < 120; most += 7) {
      const text = contentOf(`before ${secret} ${"after ".repeat(50)}`, most) ?? "";
      expect(text.includes(secret) || !text.includes("sk-")).toBe(true);
    }
  });

  it("ends with cycles and bottomless depth, and throws nothing", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(contentOf(circle, 1_000)).toContain("[cut]");
    const hostile = Object.defineProperty({}, "trap", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    expect(contentOf(hostile, 1_000)).toBe("[unreadable]");
  });

  it("has no base64 of media", () => {
    const url = `data:image/png;base64,${"A".repeat(5_000)}`;
    expect(shown([{ type: "image_url", image_url: { url } }])).toEqual([
      { type: "image_url", image_url: { url: `[image/png, ${url.length} characters of base64]` } },
    ]);
  });
});

describe("Question and answer of a run", () => {
  it.each<[string, unknown, unknown]>([
    ["a message as clients write it", { messages: [{ role: "user", content: "hi" }] }, "hi"],
    [
      "the last of several",
      {
        messages: [
          { type: "human", content: "1" },
          { type: "human", content: "2" },
        ],
      },
      "2",
    ],
    ["one message alone", { messages: "hi" }, "hi"],
    ["an input without messages", { topic: "bridges" }, { topic: "bridges" }],
    ["no input", null, null],
  ])("are found in %s", (_, input, question) => {
    expect(questionIn(input)).toEqual(question);
  });

  it("are the last message, or all values where there are none", () => {
    expect(answerIn({ messages: [new HumanMessage("q"), new AIMessage("a")] })).toBe("a");
    expect(answerIn({ sum: 3 })).toEqual({ sum: 3 });
  });
});
