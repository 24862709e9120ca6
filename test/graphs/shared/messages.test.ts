/** The task in a conversation, and the outcomes in words. */
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { conversation, sinceTask, taskOf } from "../../../graphs/shared/messages.ts";
import { answered, Outcome, outcomeState, unanswered } from "../../../graphs/shared/outcome.ts";

const talk = [new HumanMessage("First."), new AIMessage("Yes."), new HumanMessage("Second."), new AIMessage("Well.")];

describe("The task", () => {
  test("is the last human message", () => {
    expect(taskOf(talk)).toEqual({ text: "Second." });
    expect(sinceTask(talk).map(({ text }) => text)).toEqual(["Well."]);
  });

  test.each([
    ["no message", []],
    ["no human message", [new AIMessage("Hello")]],
    ["only blanks", [new HumanMessage(" \n ")]],
    ["a picture without a word", [new HumanMessage({ content: [{ type: "image_url", image_url: "data:," }] })]],
  ])("is refused where there is %s", (_, messages) => {
    expect(taskOf(messages).refusal).toEqual({ kind: "input-refused", reason: expect.stringMatching(/nothing to do/) });
  });

  test("is refused over the limit, with both numbers", () => {
    const refused = taskOf([new HumanMessage("x".repeat(5_000_000))]).refusal;
    expect(refused).toEqual({ kind: "input-refused", reason: expect.stringMatching(/5000000 .* 200000/) });
    expect(taskOf([new HumanMessage("12345")], 4).refusal).toBeDefined();
    expect(taskOf([new HumanMessage("1234")], 4).text).toBe("1234");
  });

  test("over the limit is kept from the model on the next turn, and what answered it is not", () => {
    const messages = [
      new HumanMessage("long"),
      new AIMessage("Too long."),
      new HumanMessage("ok"),
      new ToolMessage("a long result", "call"),
    ];
    expect(conversation(messages, 2).map(({ text }) => text)).toEqual(["Too long.", "ok", "a long result"]);
  });
});

describe("An outcome", () => {
  test("is an answer, as text or as the model's own message", () => {
    const message = new AIMessage({ id: "one", content: "42." });
    expect(answered(message)).toEqual({ messages: [message], outcome: { kind: "answered", reason: "" } });
    expect(answered("42.").messages.map(({ text }) => text)).toEqual(["42."]);
  });

  test("that is none says why, after the work that was done", () => {
    const outcome: Outcome = { kind: "budget-exceeded", reason: "The budget is spent." };
    expect(unanswered(outcome, "Half.\n").messages.map(({ text }) => text)).toEqual(["Half.\n\nThe budget is spent."]);
    expect(unanswered(outcome).messages.map(({ text }) => text)).toEqual(["The budget is spent."]);
  });

  test("is null until there is one", () => {
    expect(outcomeState.parse(undefined)).toBeNull();
    expect(Outcome.safeParse({ kind: "other", reason: "" }).success).toBe(false);
  });
});
