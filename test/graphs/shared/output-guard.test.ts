/** The output guard: what a sentence needs to be shown, what it cites, and what is said of it all. */
import { describe, expect, test } from "vitest";
import { type Passage, passageOf } from "../../../graphs/shared/citations.ts";
import { GuardContext } from "../../../graphs/shared/input-guard.ts";
import { createOutputGuard } from "../../../graphs/shared/output-guard.ts";

const passage = (marker: number, text: string): Passage => {
  const chunk = { id: `chunk-${marker}`, source: `${marker}.md`, title: "Bridges", text, start: 100 };
  return { marker, ...passageOf(chunk, (part) => part) };
};
const severn = passage(1, "The Severn Bridge is long. Queen Elizabeth opened it on 8 September 1966.");
const tolls = passage(2, "Tolls on the crossing ended on 17 December 2018. They had cost £6.70.");
const guard = (settings: object = {}, texts: string[] = []) =>
  createOutputGuard({ passages: [severn, tolls], texts }, GuardContext.parse(settings));

describe("A sentence is shown", () => {
  test.each([
    ["if the passage that it cites bears it out", "Queen Elizabeth opened it in September 1966. [1]", "[1]"],
    ["with the marker of what bears it out, if it cites none", "The tolls ended in December 2018.", "[2]"],
    ["with the right marker in place of a wrong one", "The tolls ended in December 2018 [1].", "[2]"],
    ["with all it cites, if it takes them together", "Opened in 1966, its tolls ended in 2018 [1][2].", "[1] [2]"],
    ["without a marker of nothing", "Tolls had cost £6.70 [9].", "[2]"],
  ])("%s", (_, sentence, markers) => {
    const shown = guard().check(sentence);
    expect(shown.match(/\[\d+\]/g)?.join(" ")).toBe(markers);
  });

  test("without a marker, if a tool or the user said it", () => {
    expect(guard({}, ["calculator 6 * 7\n42"]).check("6 * 7 is 42.")).toBe("6 * 7 is 42.");
  });

  test.each([
    "Hello!",
    "You are welcome.",
    "How can I help you today?",
    "I do not know.",
    "Here is what I found:",
    "Gern!",
  ])("if it claims nothing: %s", (sentence) => {
    expect(guard().check(sentence)).toBe(sentence);
  });

  test("whatever it says, where grounding is turned off", () => {
    expect(guard({ grounding: 0 }).check("The moon is made of cheese.")).toBe("The moon is made of cheese.");
  });
});

describe("A sentence is held back", () => {
  test.each([
    ["that nothing bears out", "The moon is made of cheese."],
    ["that nothing it cites bears out", "The moon is made of cheese. [1]"],
    ["with another number", "Queen Elizabeth opened it on 9 September 1966. [1]"],
    ["with another name", "Queen Victoria opened it on 8 September 1966. [1]"],
    ["that hides a number in a question", "Did you know that it cost £129?"],
    ["that hides a name in an admission", "I do not know, but Victoria did."],
    ["that only mixes two sources", "Queen Elizabeth ended tolls in 2018."],
  ])("%s", (_, sentence) => {
    const tried = guard();
    expect(tried.check(sentence)).toBe("");
    expect(tried.citations()).toEqual([]);
    expect(tried.outcome().kind).toBe("unknown");
  });

  test("with a forbidden word, and the outcome says so", () => {
    const tried = guard({ forbidden: ["tolls"] });
    expect(tried.check("The tolls ended in December 2018. [2]")).toBe("");
    expect(tried.outcome()).toEqual({ kind: "blocked", reason: expect.stringContaining("not a topic") });
    expect(tried.judgements()).toContainEqual({ name: "policy", value: false });
  });
});

describe("What no user may see is masked", () => {
  const leaks = "Write to ada@example.org or pay 4111 1111 1111 1111 with sk-proj-4bcd3fgh1jklmn0pqrst.";
  test("in each sentence", () => {
    const shown = guard({ grounding: 0 }).check(leaks);
    expect(shown).toBe("Write to [email] or pay [card] with [secret].");
  });

  test("but personal data where it is allowed; a key never is", () => {
    const shown = guard({ grounding: 0, pii: "allow" }).check(leaks);
    expect(shown).toContain("ada@example.org");
    expect(shown).toContain("[secret]");
  });
});

describe("What was shown", () => {
  test("is cited with the span of the sentence that it is taken from", () => {
    const tried = guard();
    tried.check("Queen Elizabeth opened it in 1966. [1]");
    tried.check("It was opened on 8 September 1966. [1]");
    const quote = "Queen Elizabeth opened it on 8 September 1966.";
    const place = { marker: 1, chunk: "chunk-1", source: "1.md", title: "Bridges" };
    expect(tried.citations()).toEqual([{ ...place, quote, start: 127, end: 127 + quote.length }]);
  });

  test("is judged: how much of it was grounded, and whether anything was held back", () => {
    const tried = guard();
    for (const sentence of ["Hello!", "The tolls ended in December 2018. [2]", "They were hated."])
      tried.check(sentence);
    expect(tried.judgements()).toEqual([
      { name: "grounding", value: 0.5, comment: "1 of 2 claims were held back, 0 sentences masked." },
      { name: "output-guard", value: false },
      { name: "policy", value: true },
    ]);
    expect(tried.outcome()).toEqual({ kind: "answered", reason: "" });
  });
});
