/** Programs in the sandbox: what they give, and that none can do more than compute. */
import { describe, expect, test } from "vitest";
import { runCode } from "../../tools/run-code.ts";

const run = (program: string): Promise<string> => runCode.invoke({ program });

describe("A program", () => {
  test.each([
    ["6 * 7", "42"],
    ["const words = 'b a'.split(' '); words.sort()", '["a","b"]'],
    ["console.log('sum', [1, 2]); ({ a: 1n === 1n })", 'sum [1,2]\n{"a":true}'],
    ["console.error('oh'); console.info(1); 2", "oh\n1\n2"],
    ["2n ** 100n", "1267650600228229401496703205376"],
    ["(async () => { await null; return 'later' })()", "later"],
    ["undefined", "undefined"],
  ])("gives what it prints and its last value: %s", async (program, expected) => {
    expect(await run(program)).toBe(expected);
  });

  test.each([
    ["throw new TypeError('no levers')", /The program failed: TypeError: no levers/],
    ["let a = ;", /SyntaxError/],
    ["console.log('so far'); undefined.x", /TypeError[\s\S]*so far/],
    ["Promise.reject(new Error('late'))", /Error: late/],
    ["new Promise(() => {})", /waits for what never comes/],
  ])("is told what went wrong: %s", async (program, reason) => {
    await expect(run(program)).rejects.toThrow(reason);
  });

  test.each([
    "typeof process + typeof require + typeof fetch + typeof setTimeout",
    "typeof globalThis.constructor.constructor('return process')",
  ])("finds nothing but the language: %s", async (program) => {
    const found = await run(program).catch((error: Error) => error.message);
    expect(found).toMatch(/^(undefined){4}$|^function$|not defined/);
  });

  test.each([
    ["import('node:fs').then(String)", /./],
    ["import.meta", /SyntaxError/],
    ["Function('return process')()", /'?process'? is not defined/],
  ])("cannot reach what is outside: %s", async (program, reason) => {
    await expect(run(program)).rejects.toThrow(reason);
  });

  test.each([
    ["for (;;);", /interrupted/],
    ["const all = []; for (;;) all.push(new Uint8Array(1e7));", /memory/],
    ["const f = () => f() + 1; f()", /stack|recursion/i],
    ["JSON.parse('['.repeat(1e6))", /./],
    ["/(a+)+$/.test('a'.repeat(40) + 'b')", /./],
  ])("that would never end, or take all, is stopped: %s", async (program, reason) => {
    await expect(run(program)).rejects.toThrow(reason);
  });

  test("that prints too much is cut off", async () => {
    const output = await run("for (let i = 0; i < 3e3; i++) console.log(i); 'x'.repeat(1e6)");
    expect(output.length).toBeLessThan(21_000);
    expect(output).toContain("[cut off]");
  });

  test("that is too long is refused", async () => {
    await expect(run(" ".repeat(20_001))).rejects.toThrow(/program/);
  });
});

test("Many programs at once are answered each with its own, whatever some of them do", async () => {
  const programs = Array.from({ length: 8 }, (_, index) => (index === 3 ? "throw 3" : `${index} * 2`));
  const answers = await Promise.allSettled(programs.map(run));
  expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value : "failed"))).toEqual(
    programs.map((_, index) => (index === 3 ? "failed" : String(index * 2))),
  );
});

test("Programs only read", () => {
  expect(runCode.metadata).toEqual({ effect: "read", egress: false, taints: false });
});
