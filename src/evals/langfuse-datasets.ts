/** `signalbox eval dataset push | pull`: datasets to Langfuse, and back into a file. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { configure } from "../config.ts";
import { openProject } from "../engine/project.ts";
import { SignalboxError } from "../errors.ts";
import { langfuseApi } from "../langfuse/api.ts";
import { findDataset, langfuseIds, openDataset, writeItems } from "../langfuse/datasets.ts";
import type { Outcome } from "./commands/outcome.ts";
import { loadDataset } from "./dataset/dataset.ts";
import { datasetName } from "./langfuse.ts";
import { fromLangfuse, idInFile, toLangfuse } from "./langfuse-items.ts";
import { exitCodes } from "./run/exit-code.ts";

/**
 * Brings the dataset in Langfuse to what the file says: items are made or changed by their id, none is removed.
 * @param options.config the project's langgraph.json, whose env may have Langfuse's keys; it need not be there
 * @throws SignalboxError where there are no keys, or Langfuse does not answer
 */
export async function pushDataset(
  file: string,
  options: { config: string; name?: string; onProgress?: (done: number, total: number) => void },
): Promise<Outcome> {
  const { name = datasetName(file), onProgress } = options;
  const { items, problems } = await loadDataset(file);
  const mistakes = problems.map(({ file, line, message }) => `${[file, line].filter(Boolean).join(":")} ${message}`);
  if (items.length === 0) return outcome([`Nothing was sent: ${mistakes.join("; ")}`], { file, problems: mistakes });
  const api = await openApi(options.config);
  const dataset = await openDataset(api, name);
  const ids = langfuseIds(dataset, idInFile);
  const written = await writeItems(api, dataset, items.map(toLangfuse), {
    idOf: ids,
    onProgress: (done) => onProgress?.(done, items.length),
  });
  const { created, changed, unchanged, refused } = written;
  const sent = new Set(items.map(({ id }) => ids(id)));
  const others = dataset.items.filter(({ id }) => !sent.has(id)).length;
  const wrong = [...mistakes, ...refused];
  const counted = `${created} new, ${changed} changed, ${unchanged} as they were`;
  const kept = others > 0 ? `; ${others} more are in Langfuse, and stay` : "";
  return outcome([...wrong, `${items.length} items of ${file} are in Langfuse's ${name}: ${counted}${kept}.`], {
    ...{ file, name, items: items.length, created, changed, unchanged, others, problems: wrong },
  });
}

/**
 * Writes a dataset of Langfuse's as JSON lines, in the order of the items' ids; archived items are left out.
 * @throws SignalboxError "invalid-request" where there is none of this name, or the file would be of another kind
 */
export async function pullDataset(name: string, out: string, config: string): Promise<Outcome> {
  if (extname(out) !== ".jsonl")
    throw new SignalboxError("invalid-request", `${out}: a dataset is written as JSON lines, into a .jsonl file.`);
  const dataset = await findDataset(await openApi(config), name);
  if (!dataset) throw new SignalboxError("invalid-request", `Langfuse has no dataset ${name}.`);
  const { compare } = new Intl.Collator("en", { numeric: true });
  const active = dataset.items.filter(({ status }) => status !== "ARCHIVED");
  const read = active.map((stored) => ({ id: idInFile(stored), item: fromLangfuse(stored) }));
  const sorted = read.toSorted((one, other) => compare(one.id, other.id));
  const items = sorted.flatMap(({ item }) => (typeof item === "string" ? [] : [item]));
  const wrong = sorted.flatMap(({ id, item }) => (typeof item === "string" ? [`${id} ${item}`] : []));
  await writeFile(out, items.map((item) => `${JSON.stringify(item)}\n`).join(""));
  return outcome([...wrong, `${items.length} items of Langfuse's ${name} are in ${out}.`], {
    ...{ file: out, name, items: items.length, problems: wrong },
  });
}

async function openApi(config: string) {
  if (existsSync(config)) await openProject(config);
  const { langfuse } = configure();
  if (langfuse) return langfuseApi(langfuse);
  throw new SignalboxError(
    "invalid-configuration",
    "There are no keys of Langfuse: set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY (LANGFUSE_BASE_URL for one of your own).",
  );
}

function outcome(lines: readonly string[], json: Record<string, unknown> & { problems: readonly string[] }): Outcome {
  return { text: lines.join("\n"), json, exitCode: json.problems.length > 0 ? exitCodes.errors : exitCodes.ok };
}
