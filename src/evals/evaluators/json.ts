/** Evaluators of JSON: by a schema, or against an expected value. */
import type { ErrorObject } from "ajv";
import type { Evaluator, Result } from "../contract.ts";
import { actualOf, type Comparison, expectedOf, needsExpected, passOrMiss, shown, unusable } from "./comparison.ts";
import { compareJson, type JsonComparison, jsonIn } from "./json-values.ts";

/** A text is read as JSON, alone or within other words; any other value is taken as it is. */
function jsonOf(comparison: Comparison, result: Result): unknown {
  const actual = actualOf(comparison, result);
  return typeof actual === "string" ? jsonIn(actual) : actual;
}

/**
 * The JSON fits a JSON Schema (draft 2020-12): the one given, else the item's `expected`.
 * @example jsonSchema({ schema: z.toJSONSchema(Invoice) })
 */
export function jsonSchema(options: Comparison & { readonly schema?: object } = {}): Evaluator {
  const { name = "json-schema" } = options;
  return {
    name,
    needsExpected: options.schema === undefined && needsExpected(options),
    async evaluate({ item, result }) {
      const schema = options.schema ?? expectedOf(options, item, name);
      if (typeof schema !== "object" || schema === null) throw unusable(item, name, "a JSON Schema", schema);
      const actual = jsonOf(options, result);
      if (actual === undefined) return passOrMiss(name, false, `${shown(actualOf(options, result))} is not JSON.`);
      const { Ajv2020 } = await import("ajv/dist/2020.js");
      const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
      const isValid = ajv.validate(schema, actual);
      return passOrMiss(name, isValid === true, isValid === true ? undefined : (ajv.errors ?? []).map(said).join("; "));
    },
  };
}

function said({ instancePath, message, params }: ErrorObject): string {
  const extra = "additionalProperty" in params ? ` (${shown(params.additionalProperty)})` : "";
  return `$${instancePath.replaceAll("/", ".")} ${message}${extra}`;
}

/** So many differences say enough. */
const mostShown = 10;

/**
 * The JSON is the expected one, or has it within. The value is the share of expected single values that are right.
 * @param options.mode `subset` (the default): the expected fields are there, beside others; `equal`: no others
 */
export function jsonMatch(options: Comparison & Partial<JsonComparison> = {}): Evaluator {
  const { name = "json-match", mode = "subset" } = options;
  return {
    name,
    needsExpected: needsExpected(options),
    evaluate({ item, result }) {
      const expected = expectedOf(options, item, name);
      const actual = jsonOf(options, result);
      if (actual === undefined) return passOrMiss(name, false, `${shown(actualOf(options, result))} is not JSON.`);
      const { differences, leaves } = compareJson(actual, expected, { ...options, mode });
      if (differences.length === 0) return passOrMiss(name, true);
      const lines = differences.slice(0, mostShown).map((each) => {
        if (each.expected === undefined) return `${each.path}: ${shown(each.actual)} is too much`;
        return `${each.path}: expected ${shown(each.expected)}, got ${shown(each.actual)}`;
      });
      const rest = differences.length > mostShown ? [`and ${differences.length - mostShown} more`] : [];
      const value = Math.max(0, 1 - differences.length / Math.max(leaves, 1));
      return { name, value, passed: false, comment: [...lines, ...rest].join("; ") };
    },
  };
}
