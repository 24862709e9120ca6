/**
 * Packs values into JSON's own and back. What JSON lacks becomes an envelope: an object whose key "$" names its form,
 * as in `{"$":"date","value":0}`. A plain object that has a key "$" is put into an envelope too, so that no data can
 * pass for one.
 */
import { SignalboxError } from "../errors.ts";

export const envelopeKey = "$";
/** Levels of nesting: far more than state needs, far less than the stack bears. */
const maximumDepth = 1000;

/** The fields of an envelope, beside its key. */
export type Fields = Record<string, unknown>;
export type PathKey = string | number;
/** Packs a part of a value; `key` is where it is, for messages. */
export type PackPart = (part: unknown, key: PathKey) => unknown;
export type UnpackPart = (packed: unknown) => unknown;

/** How values of one class are packed. */
export interface Form<Instance extends object = object> {
  /** The envelope's name. Never change one: it is in databases. */
  tag: string;
  /** The prototypes of this class. */
  prototypes: readonly object[];
  /** Its instances have no fields that a loop over them shows: one with such fields is refused. */
  fieldless?: true;
  /** Knows an instance of another copy of the class, as where a project has packages of its own. */
  recognizes?(value: object): boolean;
  pack(instance: Instance, part: PackPart): Fields;
  unpack(fields: Fields, part: UnpackPart): Instance;
}

/** Sets an own field, whatever its name: assigning to `__proto__` would set the prototype. */
export function setField(target: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (target as Fields)[key] = value;
  }
}

export function setFields<Target extends object>(target: Target, fields: Fields): Target {
  for (const key of Object.keys(fields)) setField(target, key, fields[key]);
  return target;
}

/** @throws SignalboxError "unrepresentable-value" from what it returns */
export function createPacker(forms: readonly Form[]): (value: unknown) => unknown {
  const known = new WeakMap<object, Form>();
  for (const form of forms) {
    for (const prototype of form.prototypes) known.set(prototype, form);
  }
  const formOf = (value: object, prototype: object): Form | undefined => {
    const form = known.get(prototype) ?? forms.find((candidate) => candidate.recognizes?.(value));
    if (form) known.set(prototype, form);
    return form;
  };

  return (root) => {
    const path: PathKey[] = [];

    const refuse = (depth: number, reason: string): never => {
      throw new SignalboxError("unrepresentable-value", `${describePath(path.slice(0, depth))} ${reason}`);
    };

    /** `depth` is how many keys of `path` lead to the value. */
    const pack = (value: unknown, depth: number): unknown => {
      switch (typeof value) {
        case "string":
        case "boolean":
          return value;
        case "number":
          return Number.isFinite(value) && !Object.is(value, -0) ? value : envelope("number", packNumber(value));
        case "undefined":
          return envelope("undefined");
        case "bigint":
          return envelope("bigint", value.toString());
        case "object":
          return value === null ? null : packObject(value, depth);
        default:
          return refuse(depth, `is a ${typeof value}, which cannot be stored. Leave it out of the state.`);
      }
    };

    const packObject = (value: object, depth: number): unknown => {
      if (depth > maximumDepth) {
        refuse(depth, `is nested deeper than ${maximumDepth} levels, or contains itself. Store it flatter.`);
      }
      const prototype: object | null = Object.getPrototypeOf(value);
      if (prototype === Object.prototype || prototype === null) return packDict(value as Fields, depth);
      if (prototype === Array.prototype) return packArray(value as unknown[], depth);
      const form = formOf(value, prototype);
      if (!form) return refuse(depth, describeClass(value));
      if (form.fieldless && Object.keys(value).length > 0) {
        refuse(depth, `is a ${classNameOf(value)} with fields of its own, which would be lost. Store them beside it.`);
      }
      const fields = form.pack(value, (part, key) => {
        path[depth] = key;
        return pack(part, depth + 1);
      });
      return { [envelopeKey]: form.tag, ...fields };
    };

    const packDict = (value: Fields, depth: number): unknown => {
      // Copied only where something in it changes, which is rare.
      let packed: Fields | undefined;
      const keys = Object.keys(value);
      for (let index = 0; index < keys.length; index++) {
        const key = keys[index] as string;
        const field = value[key];
        // Most fields are text, which stays as it is.
        if (typeof field === "string" && packed === undefined) continue;
        path[depth] = key;
        const packedField = pack(field, depth + 1);
        if (packedField === field && packed === undefined) continue;
        packed ??= copyFields(value, keys.slice(0, index));
        setField(packed, key, packedField);
      }
      if (Object.getOwnPropertySymbols(value).length > 0) {
        refuse(depth, "has a field named by a symbol, which cannot be stored. Name it by a string.");
      }
      return Object.hasOwn(value, envelopeKey) ? envelope("object", packed ?? value) : (packed ?? value);
    };

    const packArray = (value: unknown[], depth: number): unknown => {
      let packed: unknown[] | undefined;
      let holes = 0;
      for (let index = 0; index < value.length; index++) {
        const element = value[index];
        path[depth] = index;
        const isHole = element === undefined && !(index in value);
        if (isHole) holes++;
        const packedElement = isHole ? envelope("hole") : pack(element, depth + 1);
        if (packedElement === element && packed === undefined) continue;
        packed ??= value.slice(0, index);
        packed.push(packedElement);
      }
      const keys = Object.keys(value);
      if (keys.length === value.length - holes) return packed ?? value;
      // More than an array, as what String.match gives.
      const fields = copyFields(value as unknown as Fields, keys.slice(value.length - holes));
      return { ...envelope("array", packed ?? value), fields: packDict(fields, depth) };
    };

    return pack(root, 0);
  };
}

/** Gives back what the packer was given. It may reuse the objects it is given. */
export function createUnpacker(forms: readonly Form[]): (packed: unknown) => unknown {
  const byTag = new Map(forms.map((form) => [form.tag, form]));

  const unpack = (packed: unknown): unknown => {
    if (typeof packed !== "object" || packed === null) return packed;
    if (Array.isArray(packed)) return unpackArray(packed);
    const fields = packed as Fields;
    return typeof fields[envelopeKey] === "string" ? unpackEnvelope(fields, fields[envelopeKey]) : unpackDict(fields);
  };

  const unpackArray = (packed: unknown[]): unknown[] => {
    for (let index = 0; index < packed.length; index++) {
      const element = packed[index];
      if (typeof element !== "object" || element === null) continue;
      if (envelopeKey in element && element[envelopeKey] === "hole") delete packed[index];
      else packed[index] = unpack(element);
    }
    return packed;
  };

  const unpackDict = (fields: Fields): Fields => {
    for (const key of Object.keys(fields)) {
      const field = fields[key];
      if (typeof field === "object" && field !== null) setField(fields, key, unpack(field));
    }
    return fields;
  };

  const unpackEnvelope = (fields: Fields, tag: string): unknown => {
    switch (tag) {
      case "undefined":
        return undefined;
      case "number":
        return fields.value === "-0" ? -0 : Number(fields.value);
      case "bigint":
        return BigInt(fields.value as string);
      case "object":
        return unpackDict(fields.value as Fields);
      case "array":
        return setFields(unpackArray(fields.value as unknown[]), unpack(fields.fields) as Fields);
    }
    const form = byTag.get(tag);
    if (!form) {
      throw new SignalboxError("internal", `A stored value has the form ${tag}, which this Signalbox does not know.`);
    }
    return form.unpack(fields, unpack);
  };

  return unpack;
}

function envelope(tag: string, value?: unknown): Fields {
  return value === undefined ? { [envelopeKey]: tag } : { [envelopeKey]: tag, value };
}

function packNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function copyFields(value: Fields, keys: readonly string[]): Fields {
  const copy: Fields = {};
  for (const key of keys) setField(copy, key, value[key]);
  return copy;
}

/** `messages[3].content["odd key"]`; of a deep path only the beginning. */
function describePath(path: readonly PathKey[]): string {
  if (path.length === 0) return "The value";
  const shown = path.slice(0, 12).map((key, index) => {
    if (typeof key === "number") return `[${key}]`;
    if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)) return `[${JSON.stringify(key)}]`;
    return index === 0 ? key : `.${key}`;
  });
  return shown.join("") + (path.length > shown.length ? "…" : "");
}

/** The name of an object's class; "" where it has none. */
export function classNameOf(value: object): string {
  const maker: unknown = value.constructor;
  return typeof maker === "function" ? maker.name : "";
}

function describeClass(value: object): string {
  const advice =
    "toJSON" in value
      ? "Store what its toJSON() gives"
      : "Store its data as plain objects, arrays, strings and numbers";
  return `is an instance of ${classNameOf(value) || "a nameless class"}, which would not come back as one. ${advice}.`;
}
