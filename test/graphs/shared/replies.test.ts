/** Answers in words: what is taken for a yes, a no or a choice, and what is not. */
import { describe, expect, test } from "vitest";
import { chosen, yesOrNo } from "../../../graphs/shared/replies.ts";

describe("An answer to a question of yes or no", () => {
  test.each([true, "yes", "Y", " OK. ", "true", "Yes, please!", "go ahead", "approved", "Sure, thanks"])(
    "is a yes: %j",
    (reply) => expect(yesOrNo(reply)).toBe(true),
  );

  test.each([false, "no", "N", "No, thanks.", "stop", "rejected", "FALSE"])("is a no: %j", (reply) => {
    expect(yesOrNo(reply)).toBe(false);
  });

  test.each([
    "",
    "不要 ok",
    "нет, yes",
    "yes, but only to Bob",
    "no idea",
    "yesterday",
    "now",
    1,
    0,
    null,
    undefined,
    {},
    [],
    ["yes"],
  ])("is neither: %j", (reply) => expect(yesOrNo(reply)).toBeUndefined());

  test.each([{ toString: 1 }, { toString: () => "yes" }])("is no object that words itself as one", (reply) => {
    expect(yesOrNo(reply)).toBeUndefined();
  });
});

describe("An answer to a question with options", () => {
  const options = ["code", "search", "creative"] as const;

  test.each([
    ["code", "code"],
    ["SEARCH", "search"],
    ["Creative, please.", "creative"],
    ["2", "search"],
    ["#3", "creative"],
    ["the second one", "search"],
    ["option 1", "code"],
    ['{"route":"code"}', "code"],
  ])("names one of them: %j", (reply, option) => {
    expect(chosen(reply, options)).toBe(option);
  });

  test.each([
    "",
    "4",
    "the fourth",
    "code or search",
    "not code",
    "don't search",
    "anything but code",
    "keine Suche, search",
    "codes",
    "🚂",
    "write me some code that sorts",
    "the search for the lost code",
  ])("names none, or more than one: %j", (reply) => {
    expect(chosen(reply, options)).toBeUndefined();
  });
});
