/** Fills a JSON schema from a text: each value is used once, for the field that is named nearest to it. */

import { clauses, judge, list, record, type Json as Schema, section, taskHeading, typed, words } from "./text.ts";
import { kindAskedFor, kinds, readSource, type Source, shareOf } from "./values.ts";

/** `found`: the text says it, or all that is required of it; if not, `value` is the plainest one of its type. */
type Filled<Value = unknown> = { readonly value: Value; readonly found: boolean };

const [longestText, longestList, deepest] = [2_000, 50, 8];

/** Fills an object schema of any shape, sound or not. Never throws; what is nested too deep, or is too much, is null. */
export function fill(root: unknown, source: Source): Filled<Schema> {
  let [partsLeft, certaintyOfLabel] = [2_000, 0.5];
  return object(resolve(root), 0, source);

  function object({ properties, required }: Schema, depth: number, source: Source): Filled<Schema> {
    const needed = list(required).filter((name) => typeof name === "string");
    const names = [...new Set([...needed, ...Object.keys(record(properties))])];
    const parts = names.map((name) => {
      return { name, ...part(record(properties)[name], name, needed.includes(name), depth + 1, source) };
    });
    const kept = parts.filter(({ name, found }) => found || needed.includes(name));
    const isFound = kept.every(({ found }) => found) && (depth === 0 || kept.length > 0);
    return { value: Object.fromEntries(kept.map(({ name, value }) => [name, value])), found: isFound };
  }

  function part(given: unknown, name: string, required: boolean, depth: number, source: Source): Filled {
    if (depth > deepest || partsLeft-- <= 0) return { value: null, found: false };
    const schema = resolve(given);
    const options = [...list(schema.anyOf), ...list(schema.oneOf)].map(resolve);
    const constants = [schema, ...options].filter((option) => "const" in option);
    const labels = [...list(schema.enum).map((is): Schema => ({ const: is })), ...constants];
    if (labels.length > 0) return choose(labels, source);
    const alternatives = options.map((option) => part(option, name, required, depth + 1, source));
    if (alternatives[0]) return alternatives.find(({ found }) => found) ?? alternatives[0];
    const type = list(schema.type).find((each) => each !== "null") ?? schema.type;
    if (type === "object") return object(schema, depth, source);
    if (type === "array") return array(schema, name, required, depth, source);
    return scalar({ ...schema, type }, name, required, source);
  }

  /** The label that the text says, or whose description it has most of; "other", if it has nothing of any. */
  function choose(labels: readonly Schema[], { text, says }: Source): Filled {
    const weighed = labels.map(({ const: is, description }) => {
      const about = typed(description, JSON.stringify(is) ?? "");
      return { is, weight: shareOf(text, about, [kindAskedFor(about)]) + (says(is) ? 1 : 0) };
    });
    const [best, second] = weighed.toSorted((one, other) => other.weight - one.weight);
    const most = best?.weight ?? 0;
    certaintyOfLabel = most > 0 ? 0.4 + (0.5 * (most - (second?.weight ?? 0))) / most : 0.2;
    const rest = labels.some((label) => label.const === "other") ? "other" : best?.is;
    return { value: most > 0 ? best?.is : rest, found: most > 0 };
  }

  /** An item for each entity that the text names, or for each thing that it asks for; or else what it says, one by one. */
  function array(schema: Schema, name: string, required: boolean, depth: number, source: Source): Filled {
    const { text, taken, free, says } = source;
    const { items, maxItems, description } = schema;
    const most = Math.min(longestList, typed(maxItems, longestList));
    const about = `${words(name).join(" ")} ${typed(description, "")}`;
    const asked = section(text, /left|open|remaining/iu) ?? section(text, taskHeading) ?? text;
    let pieces: string[] | undefined;
    if (/\b(?:steps?|tasks?|assignments?|requests?|questions?)\b/iu.test(about)) pieces = clauses(asked);
    if (/\bentit(?:y|ies)\b/iu.test(about))
      pieces = [...free(kinds.date), ...free(kinds.name)].map(({ is }) => `${is}`);
    const wholes = pieces
      ?.slice(0, most)
      .map((each) => part(items, name, true, depth + 1, readSource(each, true)).value);
    const value = wholes ?? list(resolve(items).enum).filter(says);
    for (let before = -1; !wholes && value.length < most && taken.length > before; ) {
      before = taken.length;
      const item = part(items, name, required || says(name), depth + 1, source);
      if (taken.length > before) value.push(item.value);
    }
    return { value, found: value.length > 0 };
  }

  function scalar(schema: Schema, name: string, required: boolean, source: Source): Filled {
    const { type, minimum, maximum, maxLength } = schema;
    const { text, isWhole, says, take } = source;
    const about = `${words(name).join(" ")} ${typed(schema.description, "")} ${typed(schema.format, "")}`;
    const isAsked = (required && !("default" in schema)) || says(name);
    const judged = judge(text);
    if (type === "null") return { value: null, found: false };
    if (type === "boolean")
      return { value: judged ? judged.share >= 0.5 : says(name), found: judged !== undefined || says(name) };
    if (type === "number" || type === "integer") {
      const within = (is: number) => Math.min(typed(maximum, Infinity), Math.max(typed(minimum, -Infinity), is));
      if (/confiden|certain|probab/iu.test(name)) return { value: within(certaintyOfLabel), found: true };
      if (judged) return { value: within(Math.round(judged.share * typed(maximum, 10))), found: true };
      const fits = (is: unknown) => within(Number(is)) === is && (type === "number" || Number.isInteger(is));
      const said = isAsked ? take(kinds.number, name, fits) : undefined;
      return { value: said ?? typed(schema.default, within(0)), found: said !== undefined || "default" in schema };
    }
    const kind = kindAskedFor(about);
    let said = isWhole ? text : judged?.reason;
    for (const each of kind ? [kind] : isAsked ? [kinds.quotation, kinds.name] : [])
      said ??= take(each, name)?.toString();
    if (!kind && required) said ??= typed(schema.default, text.trim()) || undefined;
    return { value: (said ?? text).slice(0, typed(maxLength, longestText)), found: said !== undefined };
  }

  function resolve(given: unknown): Schema {
    const schema = record(given);
    const path = typed(schema.$ref, "").split("/").slice(1);
    return path.reduce((node, key) => record(node[key]), path.length > 0 ? record(root) : schema);
  }
}
