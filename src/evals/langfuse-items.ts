/** Items of datasets in Langfuse's terms and back, so that what comes back is what was sent. */
import { z } from "zod";
import type { LangfuseItem, StoredItem } from "../langfuse/datasets.ts";
import type { Item } from "./contract.ts";
import type { ItemInput } from "./dataset/dataset.ts";
import { readItem } from "./dataset/shapes.ts";

/** What Langfuse has no field for stands in the metadata under this name. */
const own = "signalbox";

const Own = z.looseObject({ id: z.string() });

/** What an item needs to be tried again is kept; a default is not written. */
export function toLangfuse(item: Item): LangfuseItem {
  const { id, input, expected, metadata, tags, group, trajectory, before, resume, context } = item;
  const rest = {
    id,
    ...(tags.length > 0 && { tags }),
    ...{ group, trajectory, before, resume, context },
    // Langfuse's null is nothing, and its metadata may have that name already.
    ...(expected === null && { expected }),
    ...(own in metadata && { metadata }),
  };
  return {
    id,
    input,
    ...(expected !== undefined && { expectedOutput: expected }),
    metadata: {
      ...metadata,
      [own]: Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    },
  };
}

/** The id that an item has in a file: the one it was sent with, or Langfuse's own where it was made there. */
export function idInFile({ id, metadata }: StoredItem): string {
  const kept = Own.safeParse(Object(metadata)[own]);
  return kept.success ? kept.data.id : id;
}

/** @returns the item as it was sent, or as close as one that was made in Langfuse comes; else why it cannot be one */
export function fromLangfuse(stored: StoredItem): ItemInput | string {
  const { input, expectedOutput, metadata } = stored;
  const isRecord = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
  const { [own]: kept, ...rest } = isRecord ? (metadata as Record<string, unknown>) : metadata ? { metadata } : {};
  const record = {
    metadata: rest,
    ...(expectedOutput != null && { expected: expectedOutput }),
    ...Object(kept),
    id: idInFile(stored),
    input: Array.isArray(input) ? { messages: input } : input,
  };
  const item = readItem(record, 0);
  if (typeof item === "string") return item;
  const { tags, metadata: read, ...fields } = item;
  return { ...fields, ...(tags.length > 0 && { tags }), ...(Object.keys(read).length > 0 && { metadata: read }) };
}
