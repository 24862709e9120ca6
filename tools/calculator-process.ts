/** The process that calculator.ts starts: it evaluates one expression after another and ends with its parent. */
import { Script } from "node:vm";
import { all, create, isBigNumber, isSymbolNode } from "mathjs";

export type Answer = { readonly value: string } | { readonly problem: string };

const evaluationMs = 1_500;
const longestValue = 2_000;
/** Of a number that is not whole; whole ones are given in full. */
const significantDigits = 20;

const math = create(all ?? {}, { number: "BigNumber", precision: 64 });

/** Functions that run text as code, or change what later expressions mean. */
const forbidden = new Set(
  (
    "import config typed createUnit evaluate parse compile parser chain simplify simplifyConstant simplifyCore " +
    "derivative rationalize resolve symbolicEqual leafCount help reviver replacer"
  ).split(" "),
);

let expression = "1 + 1";
Object.defineProperty(globalThis, "calculate", { value: calculate });
// A script can be interrupted while it runs; a function that is simply called cannot.
const script = new Script("calculate()");
script.runInThisContext();

process.on("message", (asked) => {
  expression = String(asked);
  process.send?.(answer());
});
process.send?.("ready");

function answer(): Answer {
  try {
    const value = worded(script.runInThisContext({ timeout: evaluationMs }));
    if (value.length <= longestValue) return { value };
    return { problem: `the result has ${value.length} characters, more than ${longestValue}` };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function calculate(): unknown {
  const parsed = math.parse(expression);
  parsed.traverse((node) => {
    if (isSymbolNode(node) && forbidden.has(node.name)) throw new Error(`${node.name} is not available`);
  });
  return parsed.evaluate();
}

function worded(value: unknown): string {
  if (value === undefined) throw new Error("there is nothing to evaluate");
  return math.format(value, (number: unknown) => {
    if (!isBigNumber(number)) return String(number);
    return number.isInteger() && number.e < 64
      ? number.toFixed()
      : String(number.toSignificantDigits(significantDigits));
  });
}
