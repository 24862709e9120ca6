/** Sentences, as they are cut from a text that comes in parts: nothing is lost, and nothing that belongs together parted. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSentences, sentencesOf } from "../../../graphs/shared/sentences.ts";

describe("A text is cut", () => {
  test.each([
    [
      "after each sentence",
      "It rained. It was cold! Was it? Yes.",
      ["It rained. ", "It was cold! ", "Was it? ", "Yes."],
    ],
    [
      "behind the markers of a sentence",
      "It rained. [1][2] It was cold [3]. Yes.",
      ["It rained. [1][2] ", "It was cold [3]. ", "Yes."],
    ],
    ["behind a closing quote", '"It rained." He left.', ['"It rained." ', "He left."]],
    ["before each item of a list", "Two:\n- one\n  - two\n3. three", ["Two:\n", "- one\n", "  - two\n", "3. three"]],
    ["at an empty line", "A title\n\nA text\nthat is wrapped", ["A title\n\n", "A text\nthat is wrapped"]],
    ["where Chinese ends a sentence", "下雨了。很冷！", ["下雨了。", "很冷！"]],
    [
      "not within a number, an address or a name of a file",
      "See 3.14 at a.org/b.md today",
      ["See 3.14 at a.org/b.md today"],
    ],
  ])("%s", (_, text, sentences) => {
    expect(sentencesOf(text)).toEqual(sentences);
  });

  test("around code and at the end of a row, whatever stands in them", () => {
    const code = "```sh\n# One. Two.\n\n- three\n```";
    const row = "| a | It is one. It is two. |";
    expect(sentencesOf(`Run:\n\n${code}\n\nThen:\n${row}\n${row}\nEnd.`)).toEqual([
      "Run:\n\n",
      `${code}\n\n`,
      "Then:\n",
      `${row}\n`,
      `${row}\n`,
      "End.",
    ]);
  });

  test("around a private key, whose lines stay together", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMIIE\n\n- x. Y\n-----END PRIVATE KEY-----";
    expect(sentencesOf(`Here. ${key}\n\nThat was it.`)).toEqual(["Here. ", `${key}\n\n`, "That was it."]);
  });

  test("by force where it never ends a sentence, at a space", () => {
    const sentences = sentencesOf("word ".repeat(5_000));
    expect(Math.max(...sentences.map(({ length }) => length))).toBeLessThanOrEqual(10_000);
    expect(sentences[0]?.endsWith(" ")).toBe(true);
  });

  test("by force, but not through a number that has spaces, nor through a long key", () => {
    const account = "DE89 3704 0044 0532 0130 00";
    const key = `-----BEGIN PRIVATE KEY-----\n${"MIIE aB3/\n".repeat(1_500)}-----END PRIVATE KEY-----`;
    for (const whole of [account, key]) {
      const sentences = sentencesOf(`${"word ".repeat(1_998)}${whole} ${"word ".repeat(3_000)}`);
      expect(sentences.length).toBeGreaterThan(1);
      expect(sentences.filter((sentence) => sentence.includes(whole))).toHaveLength(1);
    }
  });

  test("the same however it comes in parts, and joined it is the text again", () => {
    const piece = fc.constantFrom(
      "It is. ",
      "[1]",
      " No",
      "\n",
      "\n\n",
      "- a",
      "1.5",
      "。",
      "?",
      "“x”",
      "word ",
      ".",
      "```",
      "| a |",
    );
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (whole, size) => {
        const sentences = createSentences();
        const cut: string[] = [];
        for (let from = 0; from < whole.length; from += size)
          cut.push(...sentences.push(whole.slice(from, from + size)));
        cut.push(...sentences.flush());
        expect(cut.join("")).toBe(whole);
      }),
    );
  });
});
