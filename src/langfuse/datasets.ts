/** Datasets in Langfuse: found or made by name, their items listed, and brought to what a file says. */
import { isDeepStrictEqual } from "node:util";
import { v5 } from "uuid";
import { z } from "zod";
import { SignalboxError } from "../errors.ts";
import type { CallOptions, LangfuseApi } from "./api.ts";

/** An item as Langfuse has it, under the id that it has in its dataset's file. */
export interface LangfuseItem {
  readonly id: string;
  readonly input: unknown;
  readonly expectedOutput?: unknown;
  readonly metadata?: unknown;
}

/** A dataset and what is in it. */
export interface StoredDataset {
  /** Langfuse's. */
  readonly id: string;
  readonly name: string;
  readonly items: readonly StoredItem[];
}

const StoredItem = z.object({
  /** Langfuse's, unique in a project. */
  id: z.string(),
  input: z.unknown(),
  expectedOutput: z.unknown(),
  metadata: z.unknown(),
  status: z.string().nullish(),
});
export type StoredItem = z.infer<typeof StoredItem>;

const Page = z.object({ data: z.array(StoredItem), meta: z.object({ totalPages: z.number() }) });
const Dataset = z.object({ id: z.string(), name: z.string() });
const pageItems = 50;
/** Items that are written at once. */
const writers = 8;

export interface Written {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
}

/** @returns undefined where there is none of this name */
export async function findDataset(
  api: LangfuseApi,
  name: string,
  options?: CallOptions,
): Promise<StoredDataset | undefined> {
  const path = `/api/public/v2/datasets/${encodeURIComponent(name)}`;
  const { status, body } = await api.get(path, options);
  if (status === 404) return undefined;
  return await withItems(api, accepted(Dataset, { status, body }, `the dataset ${name}`), options);
}

/** Makes the dataset, unless there is one of this name. */
export async function openDataset(api: LangfuseApi, name: string, options?: CallOptions): Promise<StoredDataset> {
  const answer = await api.post("/api/public/v2/datasets", { name }, options);
  return await withItems(api, accepted(Dataset, answer, `the dataset ${name}`), options);
}

async function withItems(
  api: LangfuseApi,
  { id, name }: z.infer<typeof Dataset>,
  options?: CallOptions,
): Promise<StoredDataset> {
  const items: StoredItem[] = [];
  for (let page = 1; ; page++) {
    const query = new URLSearchParams({ datasetName: name, page: String(page), limit: String(pageItems) });
    const answer = await api.get(`/api/public/dataset-items?${query}`, options);
    const { data, meta } = accepted(Page, answer, `the items of ${name}`);
    items.push(...data);
    if (page >= meta.totalPages) return { id, name, items };
  }
}

/**
 * Langfuse's ids of a dataset's items: of one that is there its own, whoever made it; of a new one always the same.
 * @param idOf the id that a stored item has in a file
 */
export function langfuseIds(dataset: StoredDataset, idOf: (item: StoredItem) => string): (id: string) => string {
  const known = new Map(dataset.items.map((item) => [idOf(item), item.id]));
  // Langfuse's ids are of the project: the same item of two datasets is two.
  return (id) => known.get(id) ?? v5(JSON.stringify([dataset.name, id]), v5.URL);
}

/**
 * Writes the items that are new, or not as they are in Langfuse. Others that are there stay.
 * @throws SignalboxError "outgoing-failed" at the first that Langfuse does not take
 */
export async function writeItems(
  api: LangfuseApi,
  dataset: StoredDataset,
  items: readonly LangfuseItem[],
  { idOf, onProgress, ...options }: CallOptions & { idOf(id: string): string; onProgress?(done: number): void },
): Promise<Written> {
  const stored = new Map(dataset.items.map((item) => [item.id, item]));
  const waiting = items.filter((item) => !isSame(item, stored.get(idOf(item.id))));
  const changed = waiting.filter((item) => stored.has(idOf(item.id))).length;
  const written = { created: waiting.length - changed, changed, unchanged: items.length - waiting.length };
  let done = written.unchanged;
  onProgress?.(done);
  const work = async () => {
    for (let item = waiting.shift(); item; item = waiting.shift()) {
      const body = { ...item, id: idOf(item.id), datasetName: dataset.name, status: "ACTIVE" };
      const answer = await api.post("/api/public/dataset-items", body, options);
      accepted(z.unknown(), answer, `the item ${item.id} of ${dataset.name}`);
      onProgress?.(++done);
    }
  };
  await Promise.all(Array.from({ length: writers }, work));
  return written;
}

function isSame(item: LangfuseItem, stored: StoredItem | undefined): boolean {
  if (!stored || (stored.status ?? "ACTIVE") !== "ACTIVE") return false;
  const content = ({ input, expectedOutput = null, metadata = null }: Omit<LangfuseItem, "id">) =>
    JSON.parse(JSON.stringify([input, expectedOutput, metadata]));
  return isDeepStrictEqual(content(item), content(stored));
}

/** @throws SignalboxError "outgoing-failed" where Langfuse says no, or answers something else */
export function accepted<Schema extends z.ZodType>(
  schema: Schema,
  { status, body }: { status: number; body: unknown },
  what: string,
): z.output<Schema> {
  const shown = () => JSON.stringify(body)?.slice(0, 300);
  if (status >= 400) throw new SignalboxError("outgoing-failed", `Langfuse answered ${status} to ${what}: ${shown()}`);
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw new SignalboxError("outgoing-failed", `Langfuse's answer to ${what} is not as described: ${shown()}`);
}
