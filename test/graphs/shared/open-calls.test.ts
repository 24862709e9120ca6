/** Calls that a stopped run has left open are answered for the model. */
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { withOpenCallsAnswered } from "../../../graphs/shared/open-calls.ts";

const calling = (...ids: string[]) =>
  new AIMessage({ content: "", tool_calls: ids.map((id) => ({ id, name: "look", args: {} })) });
const result = (id: string) => new ToolMessage({ content: "Seen.", tool_call_id: id });
const question = new HumanMessage("And now?");

describe("A conversation in which", () => {
  test("every call has its result stays as it is", () => {
    const whole = [question, calling("a", "b"), result("a"), result("b"), new AIMessage("Done."), question];
    expect(withOpenCallsAnswered(whole)).toEqual(whole);
  });

  test.each([
    ["no call has a result", [calling("a", "b"), question], ["a", "b"]],
    ["one of two calls has a result", [calling("a", "b"), result("a"), question], ["b"]],
    ["a later call has the same id", [calling("a"), question, calling("a"), result("a")], ["a"]],
    ["the last calls are open", [question, calling("a")], ["a"]],
  ])("%s gets results for the others, behind their calls", (_, messages, open) => {
    const answered = withOpenCallsAnswered(messages);
    const added = answered.filter((message) => !messages.includes(message as (typeof messages)[number]));
    expect(added.map((message) => (message as ToolMessage).tool_call_id)).toEqual(open);
    expect(added.every((message) => message.text.includes("not made"))).toBe(true);
    const calls = answered.findIndex((message) => AIMessage.isInstance(message));
    expect(answered.slice(calls + 1, calls + 1 + open.length)).toEqual(added);
  });
});
