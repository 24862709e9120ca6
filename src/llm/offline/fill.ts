/** Fills a JSON schema from a text: each value is used once, for the field that is named nearest to it. */
import { overlap, terms, words } from "./text.ts";
import { kindAskedFor, type Source } from "./values.ts";

export interface Filled<Value = unknown> {
  readonly value: Value;
  /** Whether the text says it, or all that is required of it; if not, it is the plainest value of its type. */
  readonly found: boolean;
}

/** A JSON schema as it comes: nothing in it is taken for granted. */
type Schema = Readonly<Record<string, unknown>>;

const longestText = 2_000;
const longestList = 50;
const deepest = 8;
/** Fields that take a text as a whole. */
const wholeText = /\b(?:query|question|text|input|prompt|message|content|topic|task|summary|answer|reason)\b/iu;

/**
 * Fills an object schema of any shape, sound or not. Never throws; what is nested too deep, or is too much, is null.
 * @param address terms that call a tool rather than name a value, as in "search the web for …"
 */
export function fill(root: unknown, source: Source, address: ReadonlySet<string>): Filled<Record<string, unknown>> {
  const mentioned = new Set(terms(source.text));
  const phrase = ` ${words(source.text).join(" ")} `;
  const says = (label: unknown) => phrase.includes(` ${words(String(label)).join(" ")} `);
  let partsLeft = 2_000;
  return object(resolve(root), 0);

  function object(schema: Schema, depth: number): Filled<Record<string, unknown>> {
    const needed = new Set(list(schema.required));
    const rank = ([name]: [string, unknown]) => (needed.has(name) ? 0 : 1);
    const requiredFirst = Object.entries(record(schema.properties)).sort((one, other) => rank(one) - rank(other));
    const fields = requiredFirst.map(([name, given]) => {
      const initial = record(given).default;
      const required = needed.has(name) && initial === undefined;
      const { value, found } = part(given, name, required, depth + 1);
      return { name, required, found, value: found ? value : (initial ?? (required ? value : undefined)) };
    });
    const required = fields.filter((field) => field.required);
    const isFound = required.length > 0 ? required.every(({ found }) => found) : fields.some(({ found }) => found);
    const kept = fields.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value]);
    return { value: Object.fromEntries(kept), found: isFound || (depth === 0 && required.length === 0) };
  }

  function part(given: unknown, name: string, required: boolean, depth: number): Filled {
    if (depth > deepest || partsLeft-- <= 0) return { value: null, found: false };
    const schema = resolve(given);
    const options = optionsOf(schema);
    if (options.length > 0) return choose(options);
    const alternatives = list(schema.anyOf ?? schema.oneOf).map((each) => part(each, name, required, depth + 1));
    const [plainest] = alternatives;
    if (plainest) return alternatives.find(({ found }) => found) ?? plainest;
    switch (list(schema.type).find((type) => type !== "null") ?? schema.type) {
      case "object":
        return object(schema, depth);
      case "array":
        return array(schema, name, required, depth);
      case "integer":
      case "number":
        return number(schema, name, required);
      case "boolean":
        return { value: says(name), found: says(name) };
      case "null":
        return { value: null, found: false };
      default:
        return string(schema, name, required);
    }
  }

  function array({ items, minItems, maxItems }: Schema, name: string, required: boolean, depth: number): Filled {
    const [least, most] = [numberOr(minItems, 0), Math.min(longestList, numberOr(maxItems, longestList))];
    const options = optionsOf(resolve(items));
    const values = options.map(({ value }) => value).filter(says);
    for (let isNew = options.length === 0; isNew && values.length < most; ) {
      const takenBefore = source.takenCount;
      const item = part(items, name, required || says(name), depth + 1);
      isNew = source.takenCount > takenBefore;
      if (item.found && (isNew || values.length === 0)) values.push(item.value);
    }
    const found = values.length > 0;
    while (values.length < Math.min(least, most)) values.push(part(items, name, true, depth + 1).value);
    return { value: values, found };
  }

  function number({ type, minimum, maximum }: Schema, name: string, required: boolean): Filled {
    const [least, most] = [numberOr(minimum, -Infinity), numberOr(maximum, Infinity)];
    const isWhole = type === "integer";
    const fits = (is: unknown) => Number(is) >= least && Number(is) <= most && (!isWhole || Number.isInteger(is));
    const said = required || says(name) ? source.take("number", name, fits) : undefined;
    return { value: said ?? Math.min(most, Math.max(least, 0)), found: said !== undefined };
  }

  function string({ description, format, maxLength }: Schema, name: string, required: boolean): Filled {
    const about = `${words(name).join(" ")} ${description ?? ""} ${format ?? ""}`;
    const kind = kindAskedFor(about);
    let said = kind && source.take(kind, name);
    if (!kind && (required || says(name))) {
      said = source.take("quotation", name);
      if (!wholeText.test(about)) said ??= source.take("name", name);
      if (required) said ??= rest() || undefined;
    }
    const value = String(said ?? rest()).slice(0, Math.max(0, numberOr(maxLength, longestText)));
    return { value, found: said !== undefined };
  }

  /** The option that the text says, or else the one whose description has most in common with it. */
  function choose(options: readonly Option[]): Filled {
    const scores = options.map(({ value, description }) => (says(value) ? 2 : overlap(terms(description), mentioned)));
    const best = Math.max(...scores);
    return { value: options[scores.indexOf(best)]?.value, found: best > 0 };
  }

  /** The text without the words at its front that only address the tool. */
  function rest(): string {
    const all = [...source.text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)];
    const first = all.find(([word]) => terms(word).some((term) => !address.has(term)));
    const text = source.text.slice(first?.index ?? 0).slice(0, longestText);
    return text.replace(/[\s?!.]{1,20}$/u, "").trim();
  }

  /** The schema itself, or what its `$ref` points to. */
  function resolve(given: unknown): Schema {
    const schema = record(given);
    if (typeof schema.$ref !== "string") return schema;
    return schema.$ref
      .split("/")
      .slice(1)
      .reduce((node, key) => record(node[key]), record(root));
  }
}

interface Option {
  readonly value: unknown;
  readonly description: string;
}

/** The values of an enum, a const, or a union of consts with their descriptions. */
function optionsOf(schema: Schema): Option[] {
  if ("const" in schema) return [{ value: schema.const, description: String(schema.description ?? "") }];
  const options = list(schema.anyOf ?? schema.oneOf).map(record);
  if (options.length > 0 && options.every((option) => "const" in option)) return options.flatMap(optionsOf);
  return list(schema.enum).map((value) => ({ value, description: "" }));
}

export function record(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" && !Number.isNaN(value) ? value : otherwise;
}
