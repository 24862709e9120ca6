/** The calculator: what it gives, and that nothing it is given can hurt the process that asks. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { calculator } from "../../tools/calculator.ts";

const calculate = (expression: string) => calculator.invoke({ expression });

describe("The calculator", () => {
  test.each([
    ["23 * 19", "437"],
    ["-7 - -3", "-4"],
    ["(2 + 3)^4", "625"],
    ["0.1 + 0.2", "0.3"],
    ["1 / 3", "0.33333333333333333333"],
    ["2^100", "1267650600228229401496703205376"],
    ["15% * 80 + 3", "15"],
    ["sqrt(144) + 5!", "132"],
    ["5 inch to cm", "12.7 cm"],
    ["det([1, 2; 3, 4])", "-2"],
    ["a = 3; a + 1", "[4]"],
    ["1 / 0", "Infinity"],
    ["6 × 7 − 15% of 80", "30"],
    ["0x10 + 1", "17"],
  ])("finds that %s is %s", async (expression, value) => {
    expect(await calculate(expression)).toBe(value);
  });

  test.each([
    ["2 +", /Unexpected end of expression/],
    ["two plus two", /./],
    ["x + 1", /Undefined symbol x/],
    [" ", /nothing to evaluate/],
    ["1:5000", /result has \d+ characters, more than 2000/],
  ])("says what is wrong with %j and what to give instead", async (expression, reason) => {
    const refusal = await calculate(expression).catch((error: Error) => error.message);
    expect(refusal).toMatch(reason);
    expect(refusal).toContain("Give one arithmetic expression, such as");
  });

  test.each([
    "evaluate",
    "parse",
    "compile",
    "simplify",
    "derivative",
    "createUnit",
    "config",
    "import",
    "f = parse; f",
  ])("has no %s", async (name) => {
    await expect(calculate(`${name}("1")`)).rejects.toThrow(/is not available|Undefined/);
  });

  test("refuses an expression that is too long", async () => {
    await expect(calculate("1+".repeat(300).concat("1"))).rejects.toThrow(/expression/);
  });

  test.each([
    // On a slow machine its time may be over before its memory is full.
    ["an allocation larger than its memory", "ones(1e5, 1e5)", /stopped at 64 MiB|timed out/],
    ["work that does not end", "factorial(1e7)", /timed out/],
    ["a recursion without end", "f(x) = f(x + 1); f(1)", /call stack/],
  ])("survives %s, and so do the expressions beside and after it", async (_, expression, reason) => {
    const beside = [calculate("1 + 1"), calculate(expression), calculate("2 + 2")];
    const [before, harmful, after] = await Promise.allSettled(beside);
    expect(before).toMatchObject({ value: "2" });
    expect(harmful).toMatchObject({ reason: { message: expect.stringMatching(reason) } });
    expect(after).toMatchObject({ value: "4" });
  });

  test("answers many at once, each its own", async () => {
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const values = await Promise.all(numbers.map((number) => calculate(`${number} * 2`)));
    expect(values).toEqual(numbers.map((number) => String(number * 2)));
  });

  test("does not keep the process that used it from ending", async () => {
    const program = `import { calculator } from ${JSON.stringify(new URL("../../tools/calculator.ts", import.meta.url))};
      console.log(await calculator.invoke({ expression: "6 * 7" }));`;
    const user = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [output, [code]] = await Promise.all([text(user.stdout), once(user, "exit")]);
    expect([output.trim(), code]).toEqual(["42", 0]);
  });

  test("states that it only reads, and that nothing leaves the machine", () => {
    expect(calculator.metadata).toEqual({ effect: "read", egress: false, taints: false });
  });
});
