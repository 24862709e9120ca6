/** Loads the items of a suite. What cannot be used is named with file and line; the rest is there. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, extname, isAbsolute, relative } from "node:path";
import { canonicalJson } from "../../canonical-json.ts";
import type { Item, Problem } from "../contract.ts";
import { readers, type Written } from "./records.ts";
import { readItem } from "./shapes.ts";

export interface Dataset {
  /** The file's name, or "inline". */
  readonly name: string;
  readonly file?: string;
  /** Of all items, in any order: 16 hex digits. */
  readonly hash: string;
  readonly items: readonly DatasetItem[];
  readonly problems: readonly Problem[];
}

export interface DatasetItem extends Item {
  /** Of the item's content: 16 hex digits. */
  readonly hash: string;
  /** Where it begins in the file, from 1; 0 for an item that was given in code. */
  readonly line: number;
}

/** An item as it is written in code: what has a default may be left out. */
export type ItemInput = Omit<Item, "tags" | "metadata"> & Partial<Pick<Item, "tags" | "metadata">>;

/** @param from the path of a .jsonl, .csv or .yaml file, or the items themselves */
export async function loadDataset(from: string | readonly ItemInput[]): Promise<Dataset> {
  if (typeof from !== "string") {
    const written = from.map((value) => ({ line: 0, value }));
    return collect("inline", undefined, written);
  }
  const name = basename(from);
  const shown = isAbsolute(relative("", from)) || relative("", from).startsWith("..") ? from : relative("", from);
  const read = readers[extname(from)];
  if (!read) {
    const message = `is no ${Object.keys(readers).join(", ")} file`;
    return collect(name, shown, [{ line: 0, mistake: message }]);
  }
  try {
    const text = (await readFile(from, "utf8")).replace(/^\ufeff/, "");
    return collect(name, shown, await read(text));
  } catch (error) {
    return collect(name, shown, [{ line: 0, mistake: `cannot be read: ${(error as Error).message}` }]);
  }
}

function collect(name: string, file: string | undefined, written: readonly Written[]): Dataset {
  const problems: Problem[] = [];
  const items = new Map<string, DatasetItem>();
  const report = (line: number, message: string) => problems.push(problem(message, file, line));
  for (const record of written) {
    const { line } = record;
    const item = "mistake" in record ? record.mistake : readItem(record.value, line);
    if (typeof item === "string") report(line, item);
    else if (items.has(item.id)) {
      const first = items.get(item.id)?.line;
      report(line, `has the id ${JSON.stringify(item.id)} again${first ? `, which is that of line ${first}` : ""}`);
    } else items.set(item.id, { ...item, hash: hashOf(item), line });
  }
  if (items.size === 0 && problems.length === 0) report(0, "has no items");
  const hashes = [...items.values()].map(({ id, hash }) => `${id} ${hash}`).sort();
  return {
    name,
    ...(file !== undefined && { file }),
    hash: digest(hashes.join("\n")),
    items: [...items.values()],
    problems,
  };
}

/** A problem of a dataset; its message goes on from the place: "line 7 …". Lines are from 1, 0 is the whole file. */
export function problem(message: string, file: string | undefined, line: number, item?: string): Problem {
  return {
    kind: "dataset",
    message: file === undefined ? `the dataset in the suite ${message}` : message,
    ...(file !== undefined && { file }),
    ...(line > 0 && { line }),
    ...(item !== undefined && { item }),
  };
}

/** The same for the same content, in whatever order its keys were written. */
function hashOf(item: Item): string {
  return digest(canonicalJson(item));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
