/** The forms of JavaScript's own classes: dates, collections, patterns, addresses, binary data, errors. */
import type { Fields, Form } from "./serializer-envelope.ts";

const date: Form<Date> = {
  tag: "date",
  prototypes: [Date.prototype],
  fieldless: true,
  // An invalid date has no time.
  pack: (instance) => ({ value: Number.isNaN(instance.getTime()) ? null : instance.getTime() }),
  unpack: ({ value }) => new Date(value === null ? Number.NaN : Number(value)),
};

const map: Form<Map<unknown, unknown>> = {
  tag: "map",
  prototypes: [Map.prototype],
  fieldless: true,
  pack: (instance, part) => ({
    value: Array.from(instance, ([key, value], index) => [
      part(key, index),
      part(value, typeof key === "string" ? key : index),
    ]),
  }),
  unpack: ({ value }, part) => new Map((value as [unknown, unknown][]).map(([key, item]) => [part(key), part(item)])),
};

const set: Form<Set<unknown>> = {
  tag: "set",
  prototypes: [Set.prototype],
  fieldless: true,
  pack: (instance, part) => ({ value: Array.from(instance, part) }),
  unpack: ({ value }, part) => new Set((value as unknown[]).map(part)),
};

const pattern: Form<RegExp> = {
  tag: "regexp",
  prototypes: [RegExp.prototype],
  fieldless: true,
  pack: ({ source, flags, lastIndex }) => ({ source, flags, lastIndex }),
  unpack(fields) {
    const { source, flags, lastIndex } = fields as { source: string; flags: string; lastIndex: number };
    return Object.assign(new RegExp(source, flags), { lastIndex });
  },
};

const address: Form<URL> = {
  tag: "url",
  prototypes: [URL.prototype],
  fieldless: true,
  pack: ({ href }) => ({ value: href }),
  unpack: ({ value }) => new URL(value as string),
};

const binaryClasses = {
  Buffer,
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigUint64Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
};
type BinaryName = keyof typeof binaryClasses;

const binaryNames = new Map(
  Object.entries(binaryClasses).map(([name, { prototype }]): [object, string] => [prototype, name]),
);

/** Base64 of the bytes in memory, which are little-endian wherever Node runs. */
const binary: Form<ArrayBufferView> = {
  tag: "binary",
  prototypes: Object.values(binaryClasses).map(({ prototype }) => prototype),
  pack: (instance) => ({
    type: binaryNames.get(Object.getPrototypeOf(instance)),
    value: Buffer.from(instance.buffer, instance.byteOffset, instance.byteLength).toString("base64"),
  }),
  unpack(fields) {
    const { type, value } = fields as { type: BinaryName; value: string };
    const { buffer } = Uint8Array.from(Buffer.from(value, "base64"));
    return type === "Buffer" ? Buffer.from(buffer) : new binaryClasses[type](buffer);
  },
};

const errorClasses = {
  Error,
  AggregateError,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};
type ErrorName = keyof typeof errorClasses;

/** What every error has, and a loop over its fields does not show. */
const hiddenFields = ["name", "message", "stack", "cause", "errors"];

/** Errors of any class: an unlisted one comes back as the listed class that it extends, under its own name. */
const error: Form<Error> = {
  tag: "error",
  prototypes: Object.values(errorClasses).map(({ prototype }) => prototype),
  recognizes: (value) => value instanceof Error,
  pack(instance, part) {
    const names = Object.keys(errorClasses) as ErrorName[];
    const type = names.findLast((name) => instance instanceof errorClasses[name]);
    const own = instance as unknown as Fields;
    const shown = Object.keys(instance);
    const hidden = hiddenFields.filter((key) => key in instance && !shown.includes(key));
    const packed = (keys: string[]) => keys.map((key) => [key, part(own[key], key)]);
    return { type, hidden: packed(hidden), ...(shown.length > 0 && { shown: packed(shown) }) };
  },
  unpack(fields, part) {
    type Entries = [key: string, packed: unknown][];
    const { type, hidden, shown = [] } = fields as { type: ErrorName; hidden: Entries; shown?: Entries };
    const instance = type === "AggregateError" ? new AggregateError([]) : new errorClasses[type]();
    const define = (entries: Entries, enumerable: boolean) => {
      for (const [key, packed] of entries) {
        Object.defineProperty(instance, key, { value: part(packed), enumerable, writable: true, configurable: true });
      }
    };
    define(hidden, false);
    define(shown, true);
    return instance;
  },
};

export const builtInForms: readonly Form[] = [date, map, set, pattern, address, binary, error];
