/** Chunks: where they are cut, and that each can be found in its text again. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunk } from "../../src/retrieval/chunk.ts";

const line = fc.oneof(
  fc.constantFrom(
    "",
    "# One",
    "## Two",
    "### Three",
    "```",
    "# not a heading in code",
    "the same again",
    "x".repeat(2_000),
  ),
  fc.string({ unit: "grapheme", maxLength: 120 }),
  fc
    .array(fc.constantFrom("signal", "box", "lever", "😀", "word\t", "Ünïcode"), { maxLength: 400 })
    .map((words) => words.join(" ")),
);
const documentText = fc.array(line, { maxLength: 40 }).map((lines) => lines.join("\n"));

describe("A chunk", () => {
  it("is the part of the text that its offsets say, and together they leave out nothing but blanks", async () => {
    await fc.assert(
      fc.asyncProperty(documentText, fc.boolean(), async (text, isMarkdown) => {
        const chunks = await chunk({ text, isMarkdown });
        let covered = 0;
        for (const { text: own, start, end } of chunks) {
          expect(own).toBe(text.slice(start, end));
          expect(text.slice(covered, start).trim()).toBe("");
          expect(own.trim().length).toBeLessThanOrEqual(1_602);
          covered = end;
        }
        expect(text.slice(covered).trim()).toBe("");
      }),
      { numRuns: 150 },
    );
  });

  it("is cut through no pair of surrogates", async () => {
    const chunks = await chunk({ text: `a${"😀".repeat(3_000)}` });
    expect(chunks.length).toBeGreaterThan(3);
    for (const { text } of chunks) expect(text.isWellFormed()).toBe(true);
  });

  it("stays small where one thing is said over and over", async () => {
    const chunks = await chunk({ text: "all work and no play\n".repeat(2_000) });
    for (const { start, end } of chunks) expect(end - start).toBeLessThanOrEqual(1_650);
  });

  it("knows the headings over it, but not what looks like one in code", async () => {
    const filler = "Levers and signals. ".repeat(70);
    const text = `# Box\n\n${filler}\n## Levers [here](#l)\n\n${filler}\n\`\`\`\n# comment\n\`\`\`\n### Deep\n${filler}\n# End\n${filler}`;
    const chunks = await chunk({ text, isMarkdown: true });
    expect(chunks.map(({ heading }) => heading)).toEqual([
      "Box",
      "Box > Levers here",
      "Box > Levers here > Deep",
      "End",
    ]);
  });

  it("holds small neighbours together, under what they have in common", async () => {
    const chunks = await chunk({ text: "# Options\n\n## --one\n\nFirst.\n\n## --two\n\nSecond.\n", isMarkdown: true });
    expect(chunks).toMatchObject([{ heading: "Options" }]);
  });

  it("knows the page on which it begins", async () => {
    const page = "Interlocking of levers. ".repeat(60).trim();
    const text = `${page}\n\n${page}\n\n${page}`;
    const pages = [0, 1, 2].map((index) => ({ page: index + 1, start: index * (page.length + 2) }));
    expect((await chunk({ text, pages })).map((each) => each.page)).toEqual([1, 2, 3]);
  });
});
