import { describe, expect, test } from "vitest";
import { hasArithmetic, inSigns } from "../../src/words/arithmetic.ts";

describe("Arithmetic", () => {
  test.each([
    ["2 plus 15% of 80", "2 + 15 / 100 * 80"],
    ["6 × 7 ÷ 2 − 1", "6 * 7 / 2 - 1"],
    ["12 x 3", "12 * 3"],
    ["multiply 37 by 14", "multiply 37 * 14"],
    ["subtract 4 from 10", "10 - 4"],
    ["die Summe von 1, 2 und 3", "die sum(1, 2, 3)"],
    ["the average of 3, 4, and 8", "the mean(3, 4, 8)"],
    ["0x1F + max(1, 2) - 5 inch to cm", "0x1F + max(1, 2) - 5 inch to cm"],
  ])("is written in signs: %s", (said, written) => {
    expect(inSigns(said)).toBe(written);
  });

  test.each([
    "What is 23 * 19?",
    "Multiply 37 by 14.",
    "How much is 15 percent of 1,840?",
    "Was ist 6 mal 7?",
    "sqrt(2)",
  ])("is found in a question: %s", (question) => {
    expect(hasArithmetic(question)).toBe(true);
  });

  test.each([
    "What happened on 2024-05-01?",
    "Who was born on 4 May 1929, and who in 1930?",
    "Is there something on https://example.com/a-2-3/4*5?",
    "Where do 12 people and 3 dogs sleep?",
    "",
  ])("is not in what only looks so: %s", (question) => {
    expect(hasArithmetic(question)).toBe(false);
  });
});
