/** Fills a JSON schema from a text: each value is used once, for the field that is named nearest to it. */
import { list, record, type Json as Schema, typed } from "../json.ts";
import { clauses, section, summary, words } from "../text.ts";
import { draftHeading, judge, shareOf, taskHeading } from "./judge.ts";
import { kindAskedFor, readSource, type Source } from "./values.ts";

/** `found`: the text says it, or all that is required of it; if not, `value` is the plainest one of its type. */
type Filled<Value = unknown> = { readonly value: Value; readonly found: boolean };
/** What an item of a list is filled from: a part of the text that it takes as a whole, or a label that it stands for. */
type Piece = { readonly source: Source; readonly label?: unknown; readonly isWhole?: boolean };
type Label = { readonly is: unknown; readonly about: string };

const longestText = 2_000;
const longestList = 50;
const deepest = 8;
/** Fields that take a text as a whole. */
const wholeText = /\b(?:query|question|text|input|prompt|message|content|topic|task|answer|reason)\b/iu;
/** Fields that only a draft in the text gives something to say in. */
const judgement = /score|rating|grade|accept|approv|pass|good|suffic|correct|reason|advice|feedback|critique|comment/iu;
const openHeading = /left|open|remaining/iu;

/** Fills an object schema of any shape, sound or not. Never throws; what is nested too deep, or is too much, is null. */
export function fill(root: unknown, source: Source): Filled<Schema> {
  let partsLeft = 2_000;
  /** Of the last label that was chosen. */
  let certainty = 0.5;
  return object(resolve(root), 0, { source });

  function object({ properties, required }: Schema, depth: number, piece: Piece): Filled<Schema> {
    const needed = list(required).filter((name) => typeof name === "string");
    const filled: [string, unknown][] = [];
    let [isFound, isComplete] = [depth === 0, true];
    for (const name of new Set([...needed, ...Object.keys(record(properties))])) {
      const given = record(properties)[name];
      const initial = record(given).default;
      const isNeeded = needed.includes(name) && initial === undefined;
      const { value, found } = part(given, name, isNeeded, depth + 1, piece);
      if (found || isNeeded || initial !== undefined) filled.push([name, found ? value : (initial ?? value)]);
      isFound ||= found;
      isComplete &&= found || !isNeeded;
    }
    return { value: Object.fromEntries(filled), found: isFound && isComplete };
  }

  function part(given: unknown, name: string, required: boolean, depth: number, piece: Piece): Filled {
    if (depth > deepest || partsLeft-- <= 0) return { value: null, found: false };
    const schema = resolve(given);
    const labels = labelsOf(schema);
    if (labels[0]) return choose(labels, piece);
    const options = [...list(schema.anyOf), ...list(schema.oneOf)];
    const alternatives = options.map((option) => part(option, name, required, depth + 1, piece));
    if (alternatives[0]) return alternatives.find(({ found }) => found) ?? alternatives[0];
    const type = list(schema.type).find((each) => each !== "null") ?? schema.type;
    if (type === "object") return object(schema, depth, piece);
    if (type === "array") return array(schema, name, required, depth, piece);
    return scalar({ ...schema, type }, name, required, piece);
  }

  function labelsOf(schema: Schema): Label[] {
    const options = [schema, ...list(schema.anyOf), ...list(schema.oneOf)].map(resolve);
    const constants = options.flatMap((option) => ("const" in option ? [[option.const, option.description]] : []));
    const labels = [...list(schema.enum).map((is) => [is]), ...constants];
    return labels.map(([is, description]) => ({ is, about: typed(description, JSON.stringify(is) ?? "") }));
  }

  /** The label that the text says, or the one whose description it has most of. */
  function choose(labels: readonly Label[], { source, label }: Piece): Filled {
    const weighed = labels.map(({ is, about }) => {
      const share = shareOf(about, [{ about, isRequired: true }])(source.text);
      return { is, weight: is === label ? 9 : share + (source.says(is) ? 1 : 0) };
    });
    const [best, second] = weighed.toSorted((one, other) => other.weight - one.weight);
    const most = best?.weight ?? 0;
    certainty = most > 0 ? 0.4 + (0.5 * (most - (second?.weight ?? 0))) / most : 0.2;
    return { value: best?.is, found: most > 0 };
  }

  function array(schema: Schema, name: string, required: boolean, depth: number, piece: Piece): Filled {
    const { items, maxItems, description } = schema;
    const most = Math.min(longestList, typed(maxItems, longestList));
    const pieces = piecesFor(resolve(items), `${name} ${typed(description, "")}`, piece.source);
    const whole = pieces?.slice(0, most).map((each) => part(items, name, true, depth + 1, each).value);
    if (whole) return { value: whole, found: whole.length > 0 };
    const values = list(resolve(items).enum).filter(piece.source.says);
    for (let isNew = values.length === 0; isNew && values.length < most; ) {
      const takenBefore = piece.source.taken.length;
      const item = part(items, name, required || piece.source.says(name), depth + 1, piece);
      isNew = piece.source.taken.length > takenBefore;
      if (item.found && (isNew || values.length === 0)) values.push(item.value);
    }
    return { value: values, found: values.length > 0 };
  }

  /** What a list has an item for each of, if it says so: criteria, what the text names, or what it asks to be done. */
  function piecesFor({ properties }: Schema, about: string, source: Source): Piece[] | undefined {
    const [labelled] = Object.entries(record(properties)).filter(([, field]) => labelsOf(resolve(field)).length > 0);
    const labels = labelsOf(resolve(labelled?.[1])).map(({ is }) => is);
    if (/criteri|aspect/iu.test(labelled?.[0] ?? "")) return labels.map((label) => ({ source, label }));
    const named = source.named(labels.map(String));
    if (named) return named.map(({ text, label }) => ({ source: readSource(text), label, isWhole: true }));
    if (!/\b(?:steps?|tasks?|assignments?|requests?|actions?|questions?|points)\b/iu.test(about)) return undefined;
    const asked = section(source.text, openHeading) ?? section(source.text, taskHeading) ?? source.text;
    return clauses(asked).map((text) => ({ source: readSource(text), isWhole: true }));
  }

  function scalar(schema: Schema, name: string, required: boolean, { source, label, isWhole }: Piece): Filled {
    const { type, minimum, maximum, maxLength } = schema;
    const { text } = source;
    const about = `${words(name).join(" ")} ${typed(schema.description, "")} ${typed(schema.format, "")}`;
    const isAsked = required || source.says(name);
    const isScale = type !== "string" && typeof minimum === "number" && typeof maximum === "number";
    const isJudged = (isScale || judgement.test(about)) && section(text, draftHeading) !== undefined;
    const judged = isJudged ? judge(text, typed(label, isScale ? name : "")) : undefined;
    if (type === "null") return { value: null, found: false };
    if (type === "boolean") {
      const open = /done|finished/iu.test(name) ? section(text, openHeading) : undefined;
      if (open !== undefined) return { value: open === "", found: true };
      if (judged) return { value: judged.share >= 0.5, found: true };
      return { value: source.says(name), found: source.says(name) };
    }
    if (type === "number" || type === "integer") {
      const within = (is: number) => Math.min(typed(maximum, Infinity), Math.max(typed(minimum, -Infinity), is));
      if (/confiden|certain|probab/iu.test(name)) return { value: within(certainty), found: true };
      if (judged) return { value: within(Math.round(judged.share * typed(maximum, 10))), found: true };
      const fits = (is: unknown) => within(Number(is)) === is && (type === "number" || Number.isInteger(is));
      const said = isAsked ? source.take("number", name, fits) : undefined;
      return { value: said ?? within(0), found: said !== undefined };
    }
    const kind = kindAskedFor(about);
    let said = isWhole ? text : (judged?.reason ?? (kind && source.take(kind, name)));
    if (/summary|abstract/iu.test(name)) said ??= summary(text) || undefined;
    if (!kind && isAsked) said ??= source.take("quotation", name);
    if (!kind && isAsked && !wholeText.test(about)) said ??= source.take("name", name);
    if (!kind && required) said ??= text.trim() || undefined;
    return { value: String(said ?? text).slice(0, typed(maxLength, longestText)), found: said !== undefined };
  }

  /** The schema itself, or what its `$ref` points to. */
  function resolve(given: unknown): Schema {
    const schema = record(given);
    const path = typed(schema.$ref, "").split("/").slice(1);
    return path.reduce((node, key) => record(node[key]), path.length > 0 ? record(root) : schema);
  }
}
