/** What a run has to do: which items of which suites, how often, and what of it is done already. */

import { SignalboxError } from "../../errors.ts";
import { isReplayed, serverModel } from "../../llm/chat-model.ts";
import type { Problem, Trial } from "../contract.ts";
import { type Dataset, type DatasetItem, loadDataset } from "../dataset/dataset.ts";
import type { Suite } from "../suite.ts";
import { missingFields } from "./evaluate.ts";

export interface Planned {
  readonly suite: Suite;
  readonly dataset: Dataset;
  /** Those that were asked for. */
  readonly items: readonly DatasetItem[];
  /** Per item. */
  readonly trials: number;
  /** No chance is involved: more trials would only repeat the first. */
  readonly deterministic: boolean;
  readonly problems: readonly Problem[];
}

export interface Choice {
  readonly trials?: number | undefined;
  /** Only items whose id has this in it, or that have it as a tag. */
  readonly filter?: string | undefined;
  /** Only these, by suite. */
  readonly failed?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

/**
 * Leaves out the suites of which no item is chosen.
 * @throws SignalboxError "invalid-request" where none is left of what there was to choose from
 */
export async function planSuites(suites: readonly Suite[], choice: Choice): Promise<Planned[]> {
  const plans = await Promise.all(suites.map((suite) => planSuite(suite, choice)));
  const chosen = plans.filter(({ items, dataset }) => items.length > 0 || dataset.items.length === 0);
  if (plans.length === 0 || chosen.length > 0) return chosen;
  const reason = choice.failed ? "all items passed when they were tried last" : `no item has ${choice.filter} in it`;
  throw new SignalboxError("invalid-request", `There is nothing to run: ${reason}.`);
}

export async function planSuite(suite: Suite, choice: Choice): Promise<Planned> {
  const dataset = await loadDataset(suite.dataset);
  const { filter, failed } = choice;
  const items = dataset.items.filter(
    ({ id, tags }) =>
      (filter === undefined || id.includes(filter) || tags.includes(filter)) &&
      (failed === undefined || failed.get(suite.name)?.has(id) === true),
  );
  const deterministic = isDeterministic(suite, items);
  return {
    suite,
    dataset,
    items,
    trials: deterministic ? 1 : (choice.trials ?? suite.trials ?? 1),
    deterministic,
    problems: [...dataset.problems, ...missingFields(suite, items, dataset.file)],
  };
}

/** What a function does is not known; a graph does the same for a model that says the same. */
function isDeterministic(suite: Suite, items: readonly DatasetItem[]): boolean {
  if (typeof suite.target !== "string") return false;
  if (suite.cassette !== undefined) return true;
  if (isReplayed()) return true;
  const contexts = [suite.context, ...items.map(({ context }) => context)];
  return contexts.every((context) => {
    const { model = serverModel(), models } = Object(context);
    return [model, ...Object.values(Object(models))].every((name) => name === "offline");
  });
}

/** The trials that are still to be made, an item's own beside each other last, so that a run cut off has most items. */
export function missingTrials(planned: Planned, done: readonly Trial[]): { item: DatasetItem; trial: number }[] {
  const key = (item: string, hash: string, trial: number) => JSON.stringify([item, hash, trial]);
  const known = new Set(
    done.filter(({ suite }) => suite === planned.suite.name).map((each) => key(each.item, each.item_hash, each.trial)),
  );
  const rounds = Array.from({ length: planned.trials }, (_, trial) => planned.items.map((item) => ({ item, trial })));
  return rounds.flat().filter(({ item, trial }) => !known.has(key(item.id, item.hash, trial)));
}
