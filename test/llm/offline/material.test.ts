/** The offline model with material: texts to summarise, take apart, sort, plan, judge, revise and report on. */
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { OfflineChatModel } from "../../../src/llm/offline/model.ts";

const model = new OfflineChatModel();

const told = async (instructions: string, ...said: string[]) =>
  (await model.invoke([new SystemMessage(instructions), ...said.map((text) => new HumanMessage(text))])).text;
const filled = async <Value>(schema: z.ZodType<Value>, text: string): Promise<Value> =>
  schema.parse(await model.withStructuredOutput(z.toJSONSchema(schema)).invoke(text));

const document = [
  "Marie Curie was born in Warsaw on 7 November 1867.",
  "She moved to Paris and studied physics at the University of Paris.",
  "It rained.",
  "Marie Curie and Pierre Curie studied radioactivity, and the study of radioactivity made Marie Curie known.",
  "The institute received 150,000 francs for the study of radioactivity.",
].join(" ");

describe("Asked for a summary, the offline model", () => {
  test("quotes its first sentences, in their order, without the shortest", async () => {
    const summary = await told("Summarise the document.", document);
    expect(summary).toContain("born in Warsaw");
    expect(summary).not.toContain("It rained");
    expect(summary.length).toBeLessThan(document.length);
    const places = summary.split(/(?<=\.) /).map((sentence) => document.indexOf(sentence));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });

  test.each(["", "word", "no end ".repeat(50_000), "A. B. C. ".repeat(20_000)])("keeps it short (%#)", async (text) => {
    expect((await told("Summarise it.", text)).length).toBeLessThan(700);
  });
});

describe("Asked for what a text names, the offline model", () => {
  const Entities = z.object({
    entities: z.array(
      z.object({ text: z.string(), kind: z.enum(["person", "organisation", "place", "date", "amount", "other"]) }),
    ),
  });

  test("copies dates, amounts and names, and says which are dates and amounts", async () => {
    const { entities } = await filled(Entities, document);
    expect(entities).toEqual([
      { text: "7 November 1867", kind: "date" },
      { text: "150,000 francs", kind: "amount" },
      ...["Marie Curie", "Warsaw", "Paris", "University", "Pierre Curie"].map((text) => ({ text, kind: "other" })),
    ]);
  });

  test("finds none where there are none", async () => {
    expect(await filled(Entities, "it rained all day, and nobody came.")).toEqual({ entities: [] });
  });
});

describe("Asked for a label, the offline model", () => {
  const labels = {
    garden: "Plants, trees, flowers and how to grow them.",
    kitchen: "Cooking: recipes, meals, pots and pans.",
    sums: "Arithmetic and other numbers.",
  };
  const Label = z.object({
    label: z.union(Object.entries(labels).map(([name, about]) => z.literal(name).describe(about))),
    confidence: z.number().min(0).max(1),
  });

  test.each([
    ["How do I grow tomato plants?", "garden"],
    ["Which meals go with this pan?", "kitchen"],
    ["What is 3 * 14?", "sums"],
    ["Put it under garden, please", "garden"],
  ])("finds for %j the one whose description fits, and is sure of it", async (text, label) => {
    const found = await filled(Label, text);
    expect(found).toMatchObject({ label });
    expect(found.confidence).toBeGreaterThanOrEqual(0.6);
  });

  test.each(["Who are you?", "Do plants eat meals?", ""])("is not sure of %j", async (text) => {
    expect((await filled(Label, text)).confidence).toBeLessThanOrEqual(0.5);
  });
});

describe("Asked for a plan, the offline model", () => {
  const Plan = z.object({ steps: z.array(z.string()).max(3) });
  const Assignments = z.object({
    assignments: z.array(z.object({ to: z.enum(["research", "compute"]), task: z.string() })),
  });

  test.each([
    ["What is 2 + 2?", ["What is 2 + 2?"]],
    [
      "Find the height of K2, convert it to feet, and write a note.",
      ["Find the height of K2", "convert it to feet", "write a note."],
    ],
    ["Find salt and pepper. Then tell me the time.", ["Find salt and pepper.", "Then tell me the time."]],
    ["- buy milk\n- bake bread and eat it", ["buy milk", "bake bread and eat it"]],
    ["Count a. Count b. Count c. Count d.", ["Count a.", "Count b.", "Count c."]],
    ["Summarise this: It is red. It is fast.", ["Summarise this: It is red. It is fast."]],
    ["I have 12 eggs. Add 3 and 4, and wait for Ada.", ["I have 12 eggs. Add 3 and 4", "wait for Ada."]],
  ])("makes a step of each clause of %j", async (task, steps) => {
    expect(await filled(Plan, task)).toEqual({ steps });
  });

  test("gives each clause to the label that it speaks of", async () => {
    expect(await filled(Assignments, "Research the history of tea and then compute 3 * 4")).toEqual({
      assignments: [
        { to: "research", task: "Research the history of tea" },
        { to: "compute", task: "compute 3 * 4" },
      ],
    });
  });

  test.each([
    ["- bake bread\n- eat it", { done: false, steps: ["bake bread", "eat it"] }],
    ["None.", { done: true, steps: [] }],
  ])("goes on with the steps that are left: %j", async (left, next) => {
    const Next = z.object({ done: z.boolean(), steps: z.array(z.string()) });
    expect(
      await filled(Next, `Task:\nBuy milk and bake\n\nFindings:\n1. milk: bought\n\nSteps left:\n${left}`),
    ).toEqual(next);
  });
});

describe("Asked for a judgement, the offline model", () => {
  const Review = z.object({
    scores: z.object({ coverage: z.number().min(0).max(10) }),
    accepted: z.boolean(),
    advice: z.string(),
  });
  const Rubric = z.object({ scores: z.object({ correctness: z.number().min(0).max(10) }) });
  const draft = (text: string) => `Task:\nWrite about rain in spring.\n\nDraft:\n${text}`;
  const revised = (text: string) => told("Write what is asked for.", `${draft(text)}\n\nReview:\nIt leaves out: rain`);
  const score = async (text: string) => (await filled(Review, draft(text))).scores.coverage;

  test("measures the draft against the task", async () => {
    expect(await score("We write about rain: in spring it falls.")).toBe(10);
    expect(await score("The sea.")).toBe(0);
    expect(await filled(Rubric, draft("The sea is 10 of 10."))).toEqual({ scores: { correctness: 0 } });
  });

  test("accepts what covers the task, and says what is missing where it does not", async () => {
    expect(await filled(Review, draft("We write about rain: in spring it falls."))).toMatchObject({ accepted: true });
    const refused = await filled(Review, draft("The sea."));
    expect(refused).toMatchObject({ accepted: false, advice: expect.stringContaining("rain, spring") });
  });

  test("revises a draft into one that is better by every criterion", async () => {
    const once = await revised("The sea. The sea.");
    expect(once).toBe("# The sea.\n\n- The sea.\n- rain in spring");
    expect(await score(once)).toBe(10);
    expect(await revised(once)).toBe(once);
  });

  const Criteria = z.object({
    scores: z.object({
      completeness: z.number().min(0).max(10).describe("It does all of the task."),
      length: z.number().min(0).max(10).describe("It is as long as it should be."),
      structure: z.number().min(0).max(10).describe("It is well ordered."),
    }),
    advice: z.string(),
  });
  const review = async (task: string, text: string) => filled(Criteria, `Task:\n${task}\n\nDraft:\n${text}`);

  test.each([
    ["completeness", "Write about rain in spring.", "It rains.", "It rains in spring.", "leaves out: spring"],
    [
      "length",
      "Write two sentences about rain.",
      "Rain.",
      "Rain. It falls.",
      "2 sentences are asked for, and it has 1",
    ],
    ["structure", "Write about rain.", "Rain. It falls.", "# Rain\n\nIt falls.", "no heading, paragraphs or list"],
  ] as const)(
    "scores %s by what can be measured of it, and says what is wrong",
    async (name, task, bad, good, fault) => {
      const [worse, better] = [await review(task, bad), await review(task, good)];
      expect(worse.scores[name]).toBeLessThan(better.scores[name]);
      expect(worse.advice).toContain(fault);
      expect(better.advice).not.toContain(fault);
    },
  );

  test("does not give each criterion the same score", async () => {
    const { scores } = await review("Write two sentences about rain in spring in town.", "Rain. Rain. Rain.");
    expect(scores.completeness).not.toBe(scores.length);
  });
});

describe("Asked for a text, the offline model", () => {
  const write = (task: string) => told("Write what is asked for.", task);

  test("begins with the material that the task brings along", async () => {
    expect(await write("Write a note from these facts: The shop opens at nine. It closes at six.")).toBe(
      "The shop opens at nine. It closes at six.",
    );
  });

  test("gives the outline of one that it would have to invent, and calls it that", async () => {
    expect(await write("Write a poem about rain.")).toMatch(/^Outline .*offline model.*: a poem about rain$/);
  });

  test("summarises what stands behind a request, or what was found out, and not the request itself", async () => {
    expect(await told("Help.", "Summarise this: Ann has tests. Bob has meetings.")).toBe(
      "Ann has tests. Bob has meetings.",
    );
    expect(await told("Help.", "Findings:\nTea is a drink.", "Summarise the findings")).toBe("Tea is a drink.");
  });
});

describe("Asked to put parts together, the offline model", () => {
  test("reports what the instructions speak of, and leaves out the task", async () => {
    const said = await told(
      "Write from the summary and the entities.",
      "Task:\nReport\n\nSummary:\nIt was so.\n\nEntities:\n- Ada",
    );
    expect(said).toBe("It was so.\n\n- Ada");
    expect(await told("Answer from the findings alone.", "Task:\nHow much?\n\nFindings:\n1. sum: 4")).toBe("1. sum: 4");
  });

  test("answers from what was sent along with a request", async () => {
    const instructions = "Make what the task asks for from the reports.";
    expect(await told(instructions, "Report one:\nTea is a drink.", "Describe the leaf")).toBe("Tea is a drink.");
    expect(await told("Do the step.", "Findings so far:\n1. tea: a drink", "Write a note on it")).toBe(
      "a note on it:\n1. tea: a drink",
    );
  });

  test("says so when there is nothing", async () => {
    expect(await told("Do the step.", "Findings so far:\nNone.", "Describe the leaf")).toContain("offline model");
  });
});
