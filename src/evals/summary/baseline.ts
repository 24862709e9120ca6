/** What a run is compared with: a blessed run's values, in a small file that is reviewed like code. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../../make-folder.ts";
import type { RunRecord, SuiteSummary, Trial } from "../contract.ts";
import { writeWhole } from "../run/run-folder.ts";
import { type Series, seriesOf } from "./series.ts";

export interface Baseline {
  readonly suite: string;
  /** The run that was blessed. */
  readonly run: string;
  readonly commit: string;
  readonly model: string;
  readonly deterministic: boolean;
  readonly dataset: { readonly name: string; readonly hash: string };
  /** Names of the scores that are pass (1) or fail (0). */
  readonly decides: readonly string[];
  readonly items: Readonly<Record<string, BaselineItem>>;
}

interface BaselineItem {
  readonly hash: string;
  /** score -> its value in each trial */
  readonly scores: Readonly<Record<string, readonly number[]>>;
}

export function baselineOf(record: RunRecord, summary: SuiteSummary, trials: readonly Trial[]): Baseline {
  const series = seriesOf(trials);
  const hashes = new Map(trials.map(({ item, item_hash }) => [item, item_hash]));
  const items = [...hashes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, hash]): [string, BaselineItem] => {
      const scores = series.flatMap(({ name, values }) => {
        const found = values.get(id);
        return found ? [[name, found] as const] : [];
      });
      return [id, { hash, scores: Object.fromEntries(scores) }];
    });
  return {
    suite: summary.suite,
    run: record.run,
    commit: record.commit,
    model: record.model,
    deterministic: summary.deterministic,
    dataset: { name: summary.dataset.name, hash: summary.dataset.hash },
    decides: series.filter(({ decides }) => decides).map(({ name }) => name),
    items: Object.fromEntries(items),
  };
}

/** What of a baseline can be compared with a run, as series; and what is odd about it, in words. */
export function comparable(
  baseline: Baseline,
  now: { readonly model: string; readonly hash: string; readonly items: ReadonlyMap<string, string> },
): { before: Series[]; notes: string[] } {
  if (baseline.model !== now.model) {
    const note = `not compared: run ${baseline.run} is of the model ${baseline.model}, this one of ${now.model}`;
    return { before: [], notes: [note] };
  }
  const entries = Object.entries(baseline.items);
  const common = entries.filter(([id, { hash }]) => now.items.get(id) === hash);
  const changed = entries.filter(([id, { hash }]) => now.items.has(id) && now.items.get(id) !== hash).length;
  const gone = entries.length - common.length - changed;
  const added = now.items.size - common.length - changed;
  const counts = [`${common.length} items in common`, `${changed} changed`, `${added} new`, `${gone} gone`].join(", ");
  const note = `another dataset than that of run ${baseline.run}: ${counts}; only those in common are compared`;
  const names = new Set(common.flatMap(([, { scores }]) => Object.keys(scores)));
  const before = [...names].map((name): Series => {
    const values = common.flatMap(([id, { scores }]) => (scores[name] ? [[id, scores[name]] as const] : []));
    return { name, decides: baseline.decides.includes(name), values: new Map(values) };
  });
  return { before, notes: baseline.dataset.hash === now.hash ? [] : [note] };
}

/** Undefined where the suite has none. @throws what reading gives for one that is there and broken */
export async function readBaseline(folder: string, suite: string): Promise<Baseline | undefined> {
  const text = await readFile(join(folder, `${suite}.json`), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : JSON.parse(text);
}

/** One item a line, so that a review shows which ones changed. */
export async function writeBaseline(folder: string, baseline: Baseline): Promise<string> {
  const { items, ...head } = baseline;
  const lines = Object.entries(items).map(([id, item]) => `    ${JSON.stringify(id)}: ${JSON.stringify(item)}`);
  const opening = JSON.stringify(head, null, 2).replace(/\n\}$/, "");
  const path = join(folder, `${baseline.suite}.json`);
  makeFolder(dirname(path));
  await writeWhole(path, `${opening},\n  "items": {\n${lines.join(",\n")}\n  }\n}\n`);
  return path;
}
