/** What a guard lets pass of a text: the blanks that stood between what is left. */
import { expect, test } from "vitest";
import { filtered } from "../../../graphs/shared/release.ts";

test.each([
  ["an empty line before it", "One.\n\nLEFT OUT.\nTwo.", "One.\n\nTwo."],
  ["an empty line behind it", "One.\nLEFT OUT.\n\nTwo.", "One.\n\nTwo."],
  ["a blank", "One. LEFT OUT. Two.", "One. Two."],
])("A sentence that is left out takes nothing else with it: %s", (_, text, shown) => {
  expect(filtered(text, (sentence) => (sentence.startsWith("LEFT OUT") ? "" : sentence))).toBe(shown);
});
