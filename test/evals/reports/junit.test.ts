import { describe, expect, test } from "vitest";
import { junitXml } from "../../../src/evals/reports/junit.ts";
import { changeOf, miss, pass, reportOf, result, runOf, suiteOf, trial } from "./sample.ts";

interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Element[];
  text: string;
}

/** Reads XML as strictly as the little that it knows of it: elements, attributes in double quotes, text, five entities. */
function parseXml(xml: string): Element {
  const [declaration = ""] = /^<\?xml [^?]*\?>\n/.exec(xml) ?? [];
  expect(declaration).not.toBe("");
  const top: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [top];
  const decoded = (text: string) => {
    expect(text).not.toMatch(
      /[<>]|&(?!(?:amp|lt|gt|quot|#39);)|[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u,
    );
    const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
    return text.replace(/&(.*?);/g, (_, name: string) => named[name] ?? "");
  };
  const rest = xml
    .slice(declaration.length)
    .replace(
      /<(\/?)([a-z]+)((?: [a-z]+="[^"]*")*)(\/?)>|([^<]+)/gy,
      (_, closing: string, name: string, attributes: string, alone: string, text: string | undefined) => {
        const parent = open.at(-1) ?? top;
        if (text !== undefined) parent.text += decoded(text);
        else if (closing) expect(open.pop()?.name).toBe(name);
        else {
          const pairs = [...attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)];
          const names = pairs.map(([, key]) => key);
          expect(new Set(names).size).toBe(names.length);
          const element = {
            name,
            attributes: Object.fromEntries(pairs.map(([, key = "", value = ""]) => [key, decoded(value)])),
            children: [],
            text: "",
          };
          parent.children.push(element);
          if (!alone) open.push(element);
        }
        return "";
      },
    );
  expect(rest).toBe("");
  expect(open).toEqual([top]);
  const [root, ...more] = top.children;
  expect(more).toEqual([]);
  return root ?? top;
}

const trials = [
  trial("a", [pass("exact")], { result: result({ latencyMs: 1500 }) }),
  trial("b", [miss("exact", 'Expected <1> & got "2"\u0000.')]),
  trial("c", [], { result: result({ error: { error: "timeout", message: "It took too long." } }) }),
  trial("d", [{ name: "json", value: 0, error: "The evaluator threw." }]),
];

describe("A run as JUnit XML", () => {
  test("tells failures from errors, and counts them", () => {
    const root = parseXml(junitXml(reportOf(trials)));
    expect(root).toMatchObject({ name: "testsuites", attributes: { tests: "4", failures: "1", errors: "2" } });
    const [suite] = root.children;
    expect(suite?.attributes).toMatchObject({ name: "math", tests: "4", failures: "1", errors: "2", skipped: "0" });
    expect(suite?.children.map(({ attributes, children }) => [attributes.name, children[0]?.name])).toEqual([
      ["a", undefined],
      ["b", "failure"],
      ["c", "error"],
      ["d", "error"],
    ]);
    expect(suite?.children[0]?.attributes).toMatchObject({ classname: "math", time: "1.500" });
    expect(suite?.children[2]?.children[0]).toMatchObject({
      attributes: { type: "timeout", message: "timeout: It took too long." },
    });
  });

  test("stays XML, whatever an answer holds", () => {
    const [suite] = parseXml(junitXml(reportOf(trials))).children;
    expect(suite?.children[1]?.children[0]?.text).toBe('exact: Expected <1> & got "2"\ufffd.');
  });

  test("has a test case for each gate, comparison, skipped score and problem", () => {
    const skipped = { name: "helpful", value: 0, skipped: "No model." };
    const own = [trial("a", [pass("exact"), skipped]), trial("b", [skipped])];
    const suite = suiteOf("math", own, {
      gates: [
        { gate: "exact >= 1", status: "held", value: 1, min: 1 },
        { gate: "pass >= 1", status: "failed", value: 0.5, min: 1 },
        { gate: "helpful >= 1", status: "skipped", value: undefined, min: 1 },
      ],
      problems: [{ kind: "dataset", message: "not JSON", file: "math.jsonl", line: 3 }],
    });
    const scores = suite.scores.map((score) =>
      score.name === "pass" ? { ...score, change: changeOf("regression", -0.5, ["a"]) } : score,
    );
    const report = { ...reportOf(own), run: runOf([{ ...suite, scores }]) };
    const [parsed] = parseXml(junitXml(report)).children;
    const cases = parsed?.children.map(({ attributes, children }) => [
      `${attributes.classname} ${attributes.name}`,
      children[0]?.name,
    ]);
    expect(cases).toEqual([
      ["math a", undefined],
      ["math b", "skipped"],
      ["math.gates exact >= 1", undefined],
      ["math.gates pass >= 1", "failure"],
      ["math.gates helpful >= 1", "skipped"],
      ["math.baseline pass", "failure"],
      ["math.skipped helpful", "skipped"],
      ["math.problems dataset", "error"],
    ]);
  });

  test("names each trial of an item", () => {
    const own = [0, 1].map((number) => ({ ...trial("a", [pass("exact")]), trial: number }));
    const report = { ...reportOf(own), run: runOf([suiteOf("math", own, { trials: 2 })]) };
    const names = parseXml(junitXml(report)).children[0]?.children.map(({ attributes }) => attributes.name);
    expect(names).toEqual(["a trial 1", "a trial 2"]);
  });
});
