/** Fills a JSON schema from a text, in which each value is used once; calls of tools, whose arguments have one, too. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import { words } from "../../words/words.ts";
import { record } from "../model-call.ts";
import { judge } from "./review.ts";
import { clauses, isRequest, requests, section } from "./text.ts";
import { entities, kindAsked, kinds, readSource, type Source, shareOf, take, valuesIn } from "./values.ts";

type Schema = Readonly<Record<string, unknown>>;
/** `found`: the text says it, or all that is required of it; if not, `value` is the plainest one of its type. */
type Filled<Value = unknown> = { readonly value: Value; readonly found: boolean };

const [longestText, longestList, deepest, mostCalls] = [2_000, 50, 8, 16];
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const typed = <Type>(value: unknown, plain: Type): Type => (typeof value === typeof plain ? (value as Type) : plain);
const aboutOf = (name: string, { description, format, enum: labels = "" }: Schema) =>
  `${words(name).join(" ")} ${typed(description, "")} ${typed(format, "")} ${JSON.stringify(labels)}`;

/** The calls that a question asks for: each clause goes to the tool that speaks most of it. `forced`: one anyway. */
export function callsFor(question: string, tools: readonly FunctionDefinition[], forced = false) {
  const subjects = tools.map(({ name, description, parameters }) => {
    const fields = Object.entries(record(record(parameters).properties));
    const abouts = fields.map(([field, schema]) => aboutOf(field, record(schema)));
    const needed = abouts.filter((_, index) => list(record(parameters).required).includes(fields[index]?.[0]));
    const about = [aboutOf(name, { description }), ...abouts].join(" ");
    return { name, parameters, about, kinds: abouts.map(kindAsked), needed: needed.map(kindAsked) };
  });
  const calls = (forced ? [question] : clauses(question).slice(0, 1_000)).flatMap((clause) => {
    const shares = subjects.map(({ about, needed }) => shareOf(clause, about, needed));
    const most = Math.max(...shares);
    const tool = subjects[shares.indexOf(most)];
    if (!tool || (!forced && most < (isRequest(clause) ? 1 / 4 : 1 / 2))) return [];
    const source = readSource(clause);
    const found: { readonly name: string; readonly args: Schema; readonly type: "tool_call" }[] = [];
    for (let isMore = true; isMore && found.length < mostCalls; ) {
      const filled = fill(tool.parameters, source);
      if (filled.found || forced) found.push({ name: tool.name, args: filled.value, type: "tool_call" });
      isMore = filled.found && tool.kinds.some((kind) => kind && valuesIn(source, kind).length > 0);
    }
    return found;
  });
  return [...new Map(calls.map((call) => [JSON.stringify(call), call])).values()].slice(0, forced ? 1 : mostCalls);
}

/** Fills an object schema of any shape, sound or not. Never throws; what is too deep, or too much, is null. */
function fill(root: unknown, whole: Source): Filled<Schema> {
  let [partsLeft, certainty] = [2_000, 0.5];
  const task = section(whole.text, "task|question|request|goal") ?? whole.text;
  const draft = section(whole.text, "draft|result");
  const left = section(whole.text, "left|open|remaining");
  const review = draft === undefined ? undefined : judge(draft, task);
  return object(record(root), 0, whole);

  function object({ properties, required }: Schema, depth: number, source: Source): Filled<Schema> {
    const needed = list(required).filter((name) => typeof name === "string");
    const names = [...new Set([...needed, ...Object.keys(record(properties))])];
    const parts = names.map((name) => {
      return { name, ...part(record(properties)[name], name, needed.includes(name), depth + 1, source) };
    });
    const kept = parts.filter(({ name, found }) => found || needed.includes(name));
    const found = kept.every((each) => each.found) && (depth === 0 || kept.length > 0);
    return { value: Object.fromEntries(kept.map(({ name, value }) => [name, value])), found };
  }
  function part(given: unknown, name: string, required: boolean, depth: number, source: Source): Filled {
    if (depth > deepest || partsLeft-- <= 0) return { value: null, found: false };
    const schema = record(given);
    const options = [...list(schema.anyOf), ...list(schema.oneOf)].map(record);
    const constants = [schema, ...options].filter((option) => "const" in option);
    const labels = [...list(schema.enum).map((is): Schema => ({ const: is })), ...constants];
    if (labels.length > 0) return choose(labels, source);
    const alternatives = options.map((option) => part(option, name, required, depth + 1, source));
    if (alternatives[0]) return alternatives.find(({ found }) => found) ?? alternatives[0];
    const type = list(schema.type).find((each) => each !== "null") ?? schema.type;
    if (type === "object") return object(schema, depth, source);
    if (type === "array") return array(schema, name, required, depth, source);
    return type === "null" ? { value: null, found: false } : scalar({ ...schema, type }, name, required, source);
  }
  /** The label that the text says or is, or whose description it has most of; "other", if it has nothing of any. */
  function choose(labels: readonly Schema[], { text, whole, says }: Source): Filled {
    const weighed = labels.map(({ const: is, description }) => {
      const about = typed(description, JSON.stringify(is) ?? "");
      const kind = kindAsked(about);
      const isSaid = says(is) || (whole && kind && valuesIn({ text, taken: [] }, kind).length > 0);
      return { is, weight: shareOf(text, about, [kind]) + (isSaid ? 1 : 0) };
    });
    const [best, second] = weighed.toSorted((one, other) => other.weight - one.weight);
    const most = best?.weight ?? 0;
    certainty = most > 0 ? 0.4 + 0.5 * (1 - (second?.weight ?? 0) / most) * Math.min(1, 5 * most) : 0.2;
    const rest = labels.some((label) => label.const === "other") ? "other" : best?.is;
    return { value: most > 0 ? best?.is : rest, found: most > 0 };
  }
  /** An item for each clause that is left to do or that the draft leaves out, or else for each value or name. */
  function array(schema: Schema, name: string, required: boolean, depth: number, source: Source): Filled {
    const about = aboutOf(name, { ...record(schema.items), ...schema });
    const isOpen = (each: string) => draft === undefined || judge(draft, each).score("task") < 0.5;
    const toDo = () => requests(left ?? task).flatMap((each) => (isOpen(each) ? readSource(each, true) : []));
    const isPlan = /\b(?:steps?|tasks?|assignments?|requests?|questions?)\b/iu.test(about);
    const pieces = isPlan ? toDo() : required || source.says(name) ? entities(source, about) : [];
    const most = typed(schema.maxItems, longestList);
    const value = pieces.slice(0, most).map((each) => part(schema.items, name, true, depth + 1, each).value);
    return { value, found: value.length > 0 };
  }
  function scalar(schema: Schema, name: string, required: boolean, source: Source): Filled {
    const { type, minimum, maximum, maxLength } = schema;
    const { text, whole, says } = source;
    const about = aboutOf(name, schema);
    const isAsked = (required && !("default" in schema)) || says(name);
    if (type === "boolean") {
      if (left !== undefined && /\b(?:done|enough)\b/iu.test(about)) return { value: left === "", found: true };
      return review ? { value: review.score(about) >= 0.5, found: true } : { value: says(name), found: says(name) };
    }
    if (type === "number" || type === "integer") {
      const within = (is: number) => Math.min(typed(maximum, Infinity), Math.max(typed(minimum, -Infinity), is));
      if (/confiden|certain|probab/iu.test(name)) return { value: within(certainty), found: true };
      if (review) return { value: within(Math.round(review.score(about) * typed(maximum, 10))), found: true };
      const fits = (is: unknown) => within(Number(is)) === is && (type === "number" || Number.isInteger(is));
      const said = isAsked ? take(source, kinds.number, name, fits) : undefined;
      return { value: said ?? typed(schema.default, within(0)), found: said !== undefined || "default" in schema };
    }
    const kind = kindAsked(about);
    let said = whole ? text : review?.advice;
    for (const each of kind ? [kind] : isAsked ? [kinds.quotation, kinds.name] : [])
      said ??= take(source, each, name)?.toString();
    if (!kind && required) said ??= typed(schema.default, text.trim()) || undefined;
    return { value: (said ?? text).slice(0, typed(maxLength, longestText)), found: said !== undefined };
  }
}
