/** What a record of a dataset may look like: an item as we write it, or one of two published collections. */
import { z } from "zod";
import type { Item } from "../contract.ts";

const id = z.union([z.string().min(1), z.number()]).transform(String);
const object = z.record(z.string(), z.unknown());
const input = z.union([z.string(), object]);

const OwnItem = z
  .strictObject({
    id,
    input,
    before: z.array(input).optional(),
    expected: z.unknown().optional(),
    trajectory: z.unknown().optional(),
    tags: z.array(z.string()).default([]),
    group: z.string().min(1).optional(),
    metadata: object.default({}),
    resume: z.array(z.unknown()).optional(),
    context: object.optional(),
  })
  .transform((item): Item => item);

/** A program to complete, as in HumanEval (Chen et al. 2021): its tests stay in the metadata. */
const HumanEvalItem = z
  .looseObject({
    task_id: id,
    prompt: z.string(),
    test: z.string(),
    entry_point: z.string(),
    canonical_solution: z.string().optional(),
  })
  .transform(
    ({ task_id, prompt, canonical_solution: expected, ...metadata }): Item => ({
      id: task_id,
      input: prompt,
      ...(expected !== undefined && { expected }),
      tags: [],
      metadata,
    }),
  );

const letter = (index: number) => String.fromCharCode(65 + index);

/** A question with choices, as in MMLU (Hendrycks et al. 2021). The answer is a letter, or counts from 0. */
const MmluItem = z
  .looseObject({
    id: id.optional(),
    question: z.string(),
    choices: z.array(z.string()).min(2).max(26),
    answer: z.union([z.int().min(0), z.string().regex(/^[A-Z]$/)]),
    subject: z.string().optional(),
  })
  .refine(
    ({ answer, choices }) => letters(choices.length).includes(typeof answer === "number" ? letter(answer) : answer),
    {
      path: ["answer"],
      error: "is none of the choices",
    },
  );

function letters(count: number): string[] {
  return Array.from({ length: count }, (_, index) => letter(index));
}

function fromMmlu(
  { id, question, choices, answer, subject, ...metadata }: z.infer<typeof MmluItem>,
  line: number,
): Item {
  const listed = choices.map((choice, index) => `${letter(index)}. ${choice}`);
  return {
    id: id ?? `line-${line}`,
    input: [question, ...listed, "Answer with the letter alone."].join("\n"),
    expected: typeof answer === "number" ? letter(answer) : answer,
    tags: subject ? [subject] : [],
    metadata: { ...metadata, choices },
  };
}

/** @returns the item, or what is wrong with the record in words that go on from "line 7 …" */
export function readItem(value: unknown, line: number): Item | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is no object";
  const isMmlu = "question" in value && "choices" in value;
  const schema = "task_id" in value ? HumanEvalItem : isMmlu ? MmluItem : OwnItem;
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    return `is no item: ${parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": ")).join("; ")}`;
  return "question" in parsed.data ? fromMmlu(parsed.data as z.infer<typeof MmluItem>, line) : (parsed.data as Item);
}
