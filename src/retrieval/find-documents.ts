/** Finds the documents that paths and URLs name: files, folders with all that is in them, pages. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { formatNames, formatOf } from "./formats.ts";

/** Where a document is, before anybody has read it. */
export interface Place {
  /** The name under which it is kept: an absolute path, or a URL. */
  readonly source: string;
  /** Where the file is; undefined for a URL. */
  readonly path?: string;
  /** A folder that was named holds it. */
  readonly withinFolder: boolean;
}

export interface Omission {
  readonly source: string;
  readonly reason: string;
}

export interface Found {
  readonly places: Place[];
  /** The folders that were named. */
  readonly folders: string[];
  /** What is in them and no document. */
  readonly skipped: Omission[];
  /** What could not be looked into. */
  readonly failed: Omission[];
}

export function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/** @param named paths, which must exist, and http(s) URLs; what two of them lead to is found once */
export async function findDocuments(named: readonly string[]): Promise<Found> {
  const found: Found = { places: [], folders: [], skipped: [], failed: [] };
  const places = new Map<string, Place>();
  const visited = new Set<string>();
  for (const name of named) {
    if (isUrl(name)) {
      const { href } = new URL(name);
      places.set(href, { source: href, withinFolder: false });
      continue;
    }
    const path = resolve(name);
    if ((await stat(path)).isDirectory()) {
      found.folders.push(path);
      for await (const each of walk(path, found, visited)) places.set(each.source, each);
    } else if (!places.has(path)) places.set(path, { source: path, path, withinFolder: false });
  }
  found.places.push(...places.values());
  return found;
}

async function* walk(folder: string, found: Found, visited: Set<string>): AsyncGenerator<Place> {
  const real = await realpath(folder);
  if (visited.has(real)) {
    found.skipped.push({ source: folder, reason: "it was looked through already, under another name" });
    return;
  }
  visited.add(real);
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    found.failed.push({ source: folder, reason: reasonOf(error) });
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    const skip = (reason: string) => found.skipped.push({ source: path, reason });
    const kind = entry.isSymbolicLink() ? await target(path) : entry;
    if (entry.name.startsWith(".")) skip("it is hidden");
    else if (!kind) found.failed.push({ source: path, reason: "the symbolic link leads nowhere" });
    else if (kind.isDirectory() && entry.name === "node_modules") skip("packages are not documents");
    else if (kind.isDirectory()) yield* walk(path, found, visited);
    else if (!kind.isFile()) skip("it is no file");
    else if (!formatOf(path)) skip(`it is not ${formatNames}`);
    else yield { source: path, path, withinFolder: true };
  }
}

async function target(path: string) {
  return stat(path).catch(() => undefined);
}

/** What the operating system says, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM") return "there is no permission to read it";
  if (code === "ENOENT") return "it does not exist";
  return message;
}
