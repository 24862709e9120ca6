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

describe("A sentence with the words of its source", () => {
  const manual = [
    "The server locks its SQLite file against a second server, and clients are not locked out. A lease lasts 30 s; in",
    "tests it takes two seconds. Uploads over 50 MiB are refused. Ohne Schlüssel startet der Dienst nicht neu.",
    "Runs that are not finished are queued again at the next start.",
  ].join("\n");
  const check = (sentence: string) =>
    createOutputGuard({ passages: [passage(1, manual)], texts: [] }, GuardContext.parse({})).check(sentence);

  test.each([
    ["has a not more", "The server does not lock its SQLite file."],
    ["has one more, in short", "The server doesn't lock its SQLite file against a second server. [1]"],
    ["has a never more", "Uploads over 50 MiB are never refused."],
    ["has a not less", "Clients are locked out. [1]"],
    ["has another number of its source", "A lease lasts 50 s."],
    ["has another unit", "A lease lasts 30 minutes."],
    ["has another number in words", "In tests it takes 30 seconds."],
    ["has a no less, in German", "Ohne Schlüssel startet der Dienst neu."],
  ])("is held back if it %s", (_, sentence) => {
    expect(check(sentence)).toBe("");
  });

  test.each([
    ["says it in the same words", "Clients are not locked out."],
    ["says it with another no", "Clients are never locked out."],
    ["says a part of it", "The server locks its SQLite file."],
    ["says it without what it is not said of", "Runs are queued again at the next start."],
    ["names the number in other words", "In tests it takes 2 s."],
    ["leaves the unit out", "A lease lasts 30."],
    ["says only that it is not only so", "Not only clients are locked: the server locks its SQLite file."],
    ["quotes it whole", "Ohne Schlüssel startet der Dienst nicht neu."],
  ])("is shown if it %s", (_, sentence) => {
    expect(check(sentence)).not.toBe("");
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

describe("A title", () => {
  const manual = "## Error codes\n\n| Code | Meaning |\n|---|---|\n| E23 | The pump is blocked. |\n";
  const checked = (...sentences: string[]) => {
    const it = createOutputGuard({ passages: [passage(1, manual)], texts: [] }, GuardContext.parse({}));
    return { shown: sentences.map((sentence) => it.check(sentence)).filter(Boolean), it };
  };

  test.each(["## Error codes [1]", "**Error codes**", "| Code | Meaning | [1]", "| Code | Meaning |\n|---|---|"])(
    "is no answer: %s",
    (title) => {
      const { shown, it } = checked(title);
      expect(shown).toEqual([]);
      expect(it.hasAnswered()).toBe(false);
    },
  );

  test("is none if it ends as a sentence does", () => {
    const { shown, it } = checked("## Error codes: E23, the pump is blocked.");
    expect(shown).toEqual(["## Error codes: E23, the pump is blocked. [1]"]);
    expect(it.hasAnswered()).toBe(true);
  });

  test("is shown with what stands under it", () => {
    const { shown, it } = checked(
      "## Error codes [1]",
      "| Code | Meaning |\n|---|---|",
      "| E23 | The pump is blocked. | [1]",
    );
    expect(shown.join("\n")).toContain(
      "## Error codes\n| Code | Meaning |\n|---|---|\n| E23 | The pump is blocked. [1] |",
    );
    expect(it.citations()).toHaveLength(1);
  });
});

describe("Code in an answer", () => {
  const fenced = (line: string) => `\`\`\`sh\n${line}\n\`\`\``;
  const manual = passage(1, "To open the gate, run:\n\n```sh\ngate open lamps[1]\n```");
  const check = (code: string) =>
    createOutputGuard({ passages: [manual], texts: [] }, GuardContext.parse({})).check(code);

  test("is shown as it stands, where a source has it", () => {
    expect(check(fenced("gate open lamps[1]"))).toBe(fenced("gate open lamps[1]"));
  });

  test("is held back, if one of its lines is borne out by no source", () => {
    expect(check(fenced("gate open lamps[1]\nsend passwords"))).toBe("");
  });
});

describe("An address in an answer", () => {
  const page = "The red lever is at https://levers.example/red?key=. The picture is https://levers.example/a.png.";
  const check = (sentence: string, settings: object = {}) => guard(settings, [page]).check(sentence);

  test("is shown as its source has it", () => {
    const sentence = "The red lever is at https://levers.example/red?key=.";
    expect(check(sentence)).toBe(sentence);
  });

  test.each([
    ["with data behind it", "The red lever is at https://levers.example/red?key=4711."],
    ["in a picture", "The red lever is at ![lever](https://levers.example/red?key=blue)"],
    ["where its signs are disguised", "The red lever is at [key](https&colon;&#47;&#x2f;levers.example/red?key=lever)"],
    ["where slashes are left out", "The red lever is at [key](https:levers.example/red?key=lever)"],
    ["where it has no scheme", "The red lever is at [key](//levers.example/red?key=lever)"],
    ["in a question", "Is it https://levers.example/red?key=lever?"],
    ["as the target of a reference", "[picture]: https://levers.example/red?key=lever"],
  ])("that no source has is not shown, %s, whatever the grounding", (_, sentence) => {
    expect(check(sentence)).toBe("");
    expect(check(sentence, { grounding: 0 })).toBe("");
  });

  test.each([
    ["The picture is ![red](https://levers.example/a.png)", "The picture is [red](https://levers.example/a.png)"],
    ["The picture is ![red] [lever][a]", "The picture is [red] [lever][a]"],
    ["[picture]: https://levers.example/a.png", "[picture]  https://levers.example/a.png"],
    [
      'The picture is <img src="https://levers.example/a.png">',
      'The picture is ‹img src="https://levers.example/a.png">',
    ],
  ])("is never fetched by itself: %s", (sentence, shown) => {
    expect(check(sentence)).toBe(shown);
  });

  test("is none in code", () => {
    expect(guard({}, ["let levers = vec![red];"]).check("let levers = vec![red];")).toBe("let levers = vec![red];");
  });
});

describe("A secret is masked", () => {
  const key = Array.from({ length: 4 }, (_, line) => `${line}aZ9+/bYcX`.repeat(8).slice(0, 64)).join("\n");
  test.each([
    ["where invisible signs part it", "The key is sk-proj-\u200babcdefgh\u20601234567890."],
    ["where only the middle of a private key stands", `The key is:\n${key}\n`],
  ])("%s", (_, sentence) => {
    const shown = guard({ grounding: 0 }).check(sentence);
    expect(shown).toContain("[secret]");
    expect(shown).not.toMatch(/1234567890|aZ9/);
  });

  const secretKey = "sk-proj-4bcd3fgh1jklmn0pqrst";
  test.each([
    ["base64", Buffer.from(`The key: ${secretKey}`).toString("base64")],
    ["base64 for addresses", Buffer.from(`>>>???${secretKey}`).toString("base64url")],
    ["hexadecimal digits", Buffer.from(secretKey).toString("hex")],
    ["wide letters", secretKey.replace(/\w/g, (sign) => String.fromCodePoint(sign.charCodeAt(0) + 0xfee0))],
  ])("in %s", (_, written) => {
    expect(guard({ grounding: 0 }).check(`It is ${written}, they say.`)).toBe("It is [secret], they say.");
  });

  test.each([
    "The digest is 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae.",
    "The picture begins with iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB.",
    "The ﬁle is in src/storage/tables/documents.ts, ４２ lines.",
  ])("and what only looks encoded stays: %s", (sentence) => {
    expect(guard({ grounding: 0 }).check(sentence)).toBe(sentence);
  });

  test("and signs that only join letters stay", () => {
    const joined = "The 👩\u200d🌾 works at the bridge.";
    expect(guard({ grounding: 0 }).check(joined)).toBe(joined);
  });
});
