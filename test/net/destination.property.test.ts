/** However a private address is written, it is refused. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { guardedFetch } from "../../src/net/guarded-fetch.ts";

const byte = fc.integer({ min: 0, max: 255 });
const privateAddress = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127), byte, byte, byte),
  fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
  fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
  fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
);

/** A number as URLs allow it: decimal, hexadecimal, octal, with zeros before it. */
const written = (value: number) =>
  fc.constantFrom(`${value}`, `0x${value.toString(16)}`, `0X00${value.toString(16)}`, `0${value.toString(8)}`);

const host = privateAddress.chain(([a, b, c, d]) => {
  const pair = (high: number, low: number) => (high * 256 + low).toString(16);
  const [first, second] = [pair(a, b), pair(c, d)];
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  return fc.oneof(
    fc.tuple(written(a), written(b), written(c), written(d)).map((parts) => parts.join(".")),
    fc.tuple(written(a), written(whole % 2 ** 24)).map((parts) => parts.join(".")),
    fc.tuple(written(a), written(b), written(c * 256 + d)).map((parts) => `${parts.join(".")}.`),
    written(whole),
    fc.constantFrom(
      `[::ffff:${a}.${b}.${c}.${d}]`,
      `[0:0:0:0:0:FFFF:${first}:${second}]`,
      `[::${first}:${second}]`,
      `[64:ff9b::${first}:${second}]`,
      `[2002:${first}:${second}::1]`,
      `[2001::${first}:${second}]`,
      `[fe80::${first}:${second}]`,
      `[fd00::${first}:${second}]`,
    ),
  );
});

test("However a private address is written, it is refused before anything is sent", async () => {
  const property = fc.asyncProperty(host, fc.constantFrom("http", "https"), async (host, scheme) => {
    const request = guardedFetch(`${scheme}://${host}/`, { totalMs: 1_000 });
    await expect(request).rejects.toMatchObject({ code: "outgoing-refused" });
  });
  await fc.assert(property, { numRuns: 500 });
});
