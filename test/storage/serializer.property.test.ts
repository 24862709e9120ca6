/** Any value comes back deep-equal, and its bytes are the same when it is stored again. */

import { isDeepStrictEqual } from "node:util";
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decode, encode } from "../../src/storage/serializer.ts";

/** Any sequence of UTF-16 units: NUL and lone surrogates too. */
const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
/** The words by which formats, ours and others', mark what is not data. */
const hostileKey = fc.constantFrom(
  "$",
  "__proto__",
  "constructor",
  "toJSON",
  "lc",
  "lg_name",
  "type",
  "id",
  "value",
  "fields",
);
const tag = fc.constantFrom("date", "hole", "object", "undefined", "AIMessage", "constructor", "Send", "map");
const anything = fc.anything({
  key: fc.oneof(text, hostileKey),
  values: [text, tag, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(undefined)],
  maxDepth: 5,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});
const dict = fc.dictionary(fc.oneof(text, hostileKey), anything, { noNullPrototype: true });
const plain = { noNullPrototype: true } as const;
const message = fc.oneof(
  fc
    .record(
      { content: text, id: text, name: text, additional_kwargs: dict, response_metadata: dict },
      { ...plain, requiredKeys: ["content"] },
    )
    .map((fields) => new HumanMessage(fields)),
  fc
    .record({ content: text, tool_calls: fc.array(fc.record({ name: text, args: dict, id: text }, plain)) }, plain)
    .map((fields) => new AIMessage(fields)),
  fc.record({ content: text, tool_call_id: text, artifact: dict }, plain).map((fields) => new ToolMessage(fields)),
);

it.each([
  ["any value", anything],
  ["any object", dict],
  ["any messages", fc.array(fc.oneof(message, anything))],
])("%s comes back", (_name, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, (value) => {
      const bytes = encode(value);
      const revived = decode(bytes);
      // vitest's own comparison takes a key "constructor" for the class.
      expect(isDeepStrictEqual(revived, value)).toBe(true);
      expect(Buffer.compare(encode(revived), bytes)).toBe(0);
    }),
    { numRuns: 500 },
  );
});
