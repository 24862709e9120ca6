/** Fills a JSON schema from a text: each value is used once, for the field that is named nearest to it. */
import { words } from "./text.ts";
import { kindAskedFor, type Source } from "./values.ts";

/** A JSON schema as it comes: nothing in it is taken for granted. */
type Schema = Readonly<Record<string, unknown>>;
/** `found`: the text says it, or all that is required of it; if not, `value` is the plainest one of its type. */
type Filled<Value = unknown> = { readonly value: Value; readonly found: boolean };

const longestText = 2_000;
const longestList = 50;
const deepest = 8;
/** Fields that take a text as a whole. */
const wholeText = /\b(?:query|question|text|input|prompt|message|content|topic|task|summary|answer|reason)\b/iu;

/** Fills an object schema of any shape, sound or not. Never throws; what is nested too deep, or is too much, is null. */
export function fill(root: unknown, source: Source): Filled<Schema> {
  const phrase = ` ${words(source.text).join(" ")} `;
  const says = (label: unknown) => phrase.includes(` ${words(JSON.stringify(label) ?? "").join(" ")} `);
  let partsLeft = 2_000;
  return object(resolve(root), 0);

  function object({ properties, required }: Schema, depth: number): Filled<Schema> {
    const needed = list(required).filter((name) => typeof name === "string");
    const filled: [string, unknown][] = [];
    let [isFound, isComplete] = [depth === 0, true];
    for (const name of new Set([...needed, ...Object.keys(record(properties))])) {
      const given = record(properties)[name];
      const initial = record(given).default;
      const isNeeded = needed.includes(name) && initial === undefined;
      const { value, found } = part(given, name, isNeeded, depth + 1);
      if (found || isNeeded || initial !== undefined) filled.push([name, found ? value : (initial ?? value)]);
      isFound ||= found;
      isComplete &&= found || !isNeeded;
    }
    return { value: Object.fromEntries(filled), found: isFound && isComplete };
  }

  function part(given: unknown, name: string, required: boolean, depth: number): Filled {
    if (depth > deepest || partsLeft-- <= 0) return { value: null, found: false };
    const schema = resolve(given);
    if ("const" in schema) return { value: schema.const, found: says(schema.const) };
    const options = [
      ...list(schema.enum).map((each) => ({ const: each })),
      ...list(schema.anyOf),
      ...list(schema.oneOf),
    ];
    const alternatives = options.map((option) => part(option, name, required, depth + 1));
    if (alternatives[0]) return alternatives.find(({ found }) => found) ?? alternatives[0];
    const type = list(schema.type).find((each) => each !== "null") ?? schema.type;
    if (type === "object") return object(schema, depth);
    return type === "array" ? array(schema, name, required, depth) : scalar({ ...schema, type }, name, required);
  }

  function array({ items, maxItems }: Schema, name: string, required: boolean, depth: number): Filled {
    const most = Math.min(longestList, typed(maxItems, longestList));
    const values = list(resolve(items).enum).filter(says);
    for (let isNew = values.length === 0; isNew && values.length < most; ) {
      const takenBefore = source.taken.length;
      const item = part(items, name, required || says(name), depth + 1);
      isNew = source.taken.length > takenBefore;
      if (item.found && (isNew || values.length === 0)) values.push(item.value);
    }
    return { value: values, found: values.length > 0 };
  }

  function scalar({ type, minimum, maximum, maxLength, ...schema }: Schema, name: string, required: boolean): Filled {
    const isAsked = required || says(name);
    if (type === "null") return { value: null, found: false };
    if (type === "boolean") return { value: says(name), found: says(name) };
    if (type === "number" || type === "integer") {
      const within = (is: number) => Math.min(typed(maximum, Infinity), Math.max(typed(minimum, -Infinity), is));
      const fits = (is: unknown) => within(Number(is)) === is && (type === "number" || Number.isInteger(is));
      const said = isAsked ? source.take("number", name, fits) : undefined;
      return { value: said ?? within(0), found: said !== undefined };
    }
    const about = `${words(name).join(" ")} ${typed(schema.description, "")} ${typed(schema.format, "")}`;
    const kind = kindAskedFor(about);
    let said = kind && source.take(kind, name);
    if (!kind && isAsked) said = source.take("quotation", name);
    if (!kind && isAsked && !wholeText.test(about)) said ??= source.take("name", name);
    if (!kind && required) said ??= source.text.trim() || undefined;
    return { value: String(said ?? source.text).slice(0, typed(maxLength, longestText)), found: said !== undefined };
  }

  /** The schema itself, or what its `$ref` points to. */
  function resolve(given: unknown): Schema {
    const schema = record(given);
    const path = typed(schema.$ref, "").split("/").slice(1);
    return path.reduce((node, key) => record(node[key]), path.length > 0 ? record(root) : schema);
  }
}

export function record(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `value`, if it is of the same type as `otherwise`. */
export function typed<Type>(value: unknown, otherwise: Type): Type {
  return typeof value === typeof otherwise ? (value as Type) : otherwise;
}
