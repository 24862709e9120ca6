/** What the Platform API's requests are made of: ids, metadata, configuration, paging, and the forms queries come in. */
import { z } from "zod";
import { limitTable } from "../../config.ts";
import type { GraphConfig, JsonObject } from "../../engine/contract.ts";
import { findUnstorable, textProblem } from "../json-guard.ts";

/** The schema, with null as good as absent: other languages' clients send null for what is not set. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** The schema, with a value for what is absent or null. */
export function withDefault<Schema extends z.ZodType>(schema: Schema, value: NonNullable<z.output<Schema>>) {
  return schema
    .nullish()
    .meta({ default: value })
    .transform((given) => given ?? value);
}

/** A feature of the platform that this server does not have: asked for, it is refused rather than lost. */
export function unsupported(isHarmless: (value: unknown) => boolean) {
  return z
    .unknown()
    .refine((value) => value === undefined || value === null || isHarmless(value), {
      error: "is not supported by this server; leave it out",
    })
    .transform(() => undefined)
    .optional();
}

export const uuid = z.guid({ error: "must be a UUID" }).transform((id) => id.toLowerCase());

/** Text that goes into a text column: on both databases it comes back as it is. */
export const storableText = z.string().superRefine((text, context) => {
  const problem = textProblem(text);
  if (problem !== undefined) context.addIssue(problem);
});

const isUuid = (id: string) => z.guid().safeParse(id).success;

/** An assistant's UUID, or the name of a graph for its default assistant. */
export const assistantId = storableText
  .min(1)
  .max(limitTable.idChars.value)
  .transform((id) => (isUuid(id) ? id.toLowerCase() : id));

export const jsonObject = z
  .custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value), {
    error: "must be an object",
  })
  .meta({ type: "object" });

/** An object that rows are filtered by. */
export const metadata = jsonObject.superRefine((value, context) => {
  const found = findUnstorable(value, limitTable.metadataDepth.value);
  if (found) context.addIssue({ code: "custom", path: found.path, message: found.problem });
});

const configurable = jsonObject.superRefine((value, context) => {
  const internal = Object.keys(value).find((key) => key.startsWith("__"));
  if (internal === undefined) return;
  context.addIssue({
    code: "custom",
    path: [internal],
    message: "is LangGraph's own; names with __ are not for clients",
  });
});

export const config: z.ZodType<GraphConfig> = z.object({
  configurable: optional(configurable),
  recursion_limit: optional(z.int().min(1)),
  tags: optional(z.array(z.string())),
});

export const checkpointReference = z.object({
  thread_id: optional(uuid),
  checkpoint_ns: optional(storableText),
  checkpoint_id: optional(uuid),
  checkpoint_map: optional(jsonObject),
});

export const limit = (value: number) => withDefault(z.int().min(1).max(limitTable.searchLimit.value), value);
export const offset = withDefault(z.int().min(0), 0);
export const sortOrder = optional(z.enum(["asc", "desc"]));

/** Names of fields to answer with, in a body. */
export const select = <const Names extends readonly string[]>(names: Names) => optional(z.array(z.enum(names)));

/** A true/false parameter of a query: 1, 0, true, false, or absent. */
export const queryFlag = z
  .enum(["0", "1", "true", "false"], { error: "must be true, false, 1 or 0" })
  .optional()
  .transform((text) => text === "1" || text === "true");

/** A whole number in a query. */
export const queryNumber = (value: number, least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, { error: "must be a whole number" })
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    .optional()
    .meta({ default: value })
    .transform((number) => number ?? value);

/** A list in a query, in each form that clients send: repeated, with commas, or as a JSON array. */
export const queryList = <Item extends z.ZodType<unknown, string>>(item: Item) =>
  z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((given) => (given === undefined ? undefined : [given].flat().flatMap(listItems)))
    .pipe(z.array(item).optional());

function listItems(text: string): string[] {
  if (text.startsWith("[")) {
    const parsed = z.array(z.string()).safeParse(safeJson(text));
    if (parsed.success) return parsed.data;
  }
  return text.split(",").map((part) => part.trim());
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const threadPath = z.object({ thread_id: uuid });
export const runPath = z.object({ thread_id: uuid, run_id: uuid });
export const assistantPath = z.object({ assistant_id: assistantId });

/** The fields of an object that were selected; all where none were named. */
export function project<Item extends object>(item: Item, fields: readonly string[] | undefined): Partial<Item> {
  if (fields === undefined) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name))) as Partial<Item>;
}
