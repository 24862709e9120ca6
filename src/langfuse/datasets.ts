/** Datasets in Langfuse: found or made by name, their items listed, and brought to what a file says. */
import { isDeepStrictEqual } from "node:util";
import { v5 } from "uuid";
import { z } from "zod";
import { SignalboxError } from "../errors.ts";
import type { Answer, CallOptions, LangfuseApi } from "./api.ts";

/** An item as Langfuse has it, under the id that it has in its dataset's file. */
export interface LangfuseItem {
  readonly id: string;
  readonly input?: unknown;
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
  input: z.unknown().optional(),
  expectedOutput: z.unknown().optional(),
  metadata: z.unknown().optional(),
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
  /** Why Langfuse does not take some of them, in words. */
  readonly refused: readonly string[];
}

/** @returns undefined where there is none of this name */
export async function findDataset(
  api: LangfuseApi,
  name: string,
  options?: CallOptions,
): Promise<StoredDataset | undefined> {
  const path = `/api/public/v2/datasets/${encodeURIComponent(name)}`;
  const answer = await api.get(path, options);
  if (answer.status === 404) return undefined;
  return await withItems(api, accepted(Dataset, answer, `the dataset ${name}`), options);
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
 * @throws SignalboxError "outgoing-failed" or "outgoing-timeout" where Langfuse does not answer
 */
export async function writeItems(
  api: LangfuseApi,
  dataset: StoredDataset,
  items: readonly LangfuseItem[],
  { idOf, onProgress, ...options }: CallOptions & { idOf(id: string): string; onProgress?(done: number): void },
): Promise<Written> {
  const stored = new Map(dataset.items.map((item) => [item.id, item]));
  const differing = items.filter((item) => !isSame(item, stored.get(idOf(item.id))));
  const unchanged = items.length - differing.length;
  const written = { created: 0, changed: 0, unchanged, refused: [] as string[] };
  let [next, done] = [0, unchanged];
  onProgress?.(done);
  const work = async () => {
    for (let item = differing[next++]; item; item = differing[next++]) {
      const id = idOf(item.id);
      const body = { ...item, id, datasetName: dataset.name, status: "ACTIVE" };
      const answer = await api.post("/api/public/dataset-items", body, options);
      if (answer.status >= 400) written.refused.push(refusal(`the item ${item.id}`, answer));
      else written[stored.has(id) ? "changed" : "created"]++;
      onProgress?.(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: writers }, work));
  } finally {
    next = differing.length;
  }
  return written;
}

function isSame(item: LangfuseItem, stored: StoredItem | undefined): boolean {
  if (!stored || (stored.status ?? "ACTIVE") !== "ACTIVE") return false;
  const content = ({ input, expectedOutput = null, metadata = null }: Omit<LangfuseItem, "id">) =>
    JSON.parse(JSON.stringify([input, expectedOutput, metadata]));
  return isDeepStrictEqual(content(item), content(stored));
}

/** What Langfuse says no to, in words. */
export function refusal(what: string, { status, body }: Answer): string {
  return `Langfuse answered ${status} to ${what}: ${JSON.stringify(body)?.slice(0, 300)}`;
}

/** @throws SignalboxError "outgoing-failed" where Langfuse says no, or its answer is not as its API says */
export function accepted<Schema extends z.ZodType>(schema: Schema, answer: Answer, what: string): z.output<Schema> {
  if (answer.status >= 400) throw new SignalboxError("outgoing-failed", refusal(what, answer));
  const read = schema.safeParse(answer.body);
  if (read.success) return read.data;
  const reason = z.prettifyError(read.error);
  throw new SignalboxError("outgoing-failed", `Langfuse's answer to ${what} is not as its API says: ${reason}`);
}
