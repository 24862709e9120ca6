/** Datasets as people write them: what can be used is used, and what cannot is named with its line. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dataset, loadDataset } from "../../src/evals/dataset/dataset.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-datasets-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(name: string, text: string): Promise<Dataset> {
  const path = join(folder, name);
  await writeFile(path, text);
  return await loadDataset(path);
}

const places = ({ problems }: Dataset) => problems.map(({ line = 0, message }) => `${line}: ${message}`);
const plain = ({ items }: Dataset) => items.map(({ hash: _, line: __, ...item }) => item);

describe("JSON lines", () => {
  test("are items, whatever lines are empty and however lines end", async () => {
    const text = '\ufeff{"id": 1, "input": "a"}\r\n\r\n{"id": "b", "input": {"n": 1}, "expected": 2, "tags": ["t"]}';
    const dataset = await load("good.jsonl", text);
    expect(dataset).toMatchObject({ name: "good.jsonl", problems: [] });
    expect(plain(dataset)).toEqual([
      { id: "1", input: "a", tags: [], metadata: {} },
      { id: "b", input: { n: 1 }, expected: 2, tags: ["t"], metadata: {} },
    ]);
  });

  test("that are wrong are named with file and line, and the others are there", async () => {
    const dataset = await load(
      "bad.jsonl",
      [
        '{"id": "a", "input": "1"}',
        '{"id": "b", "input": ',
        '{"id": "a", "input": "again"}',
        '{"input": "no id"}',
        '{"id": "c", "input": "1", "expcted": "2"}',
        "[1]",
        '{"id": "d", "input": 5}',
        '{"id": "e", "input": "fine"}',
      ].join("\n"),
    );
    expect(dataset.items.map(({ id }) => id)).toEqual(["a", "e"]);
    expect(places(dataset)).toEqual([
      expect.stringMatching(/^2: is not JSON/),
      '3: has the id "a" again, which is that of line 1',
      expect.stringMatching(/^4: is no item: id/),
      expect.stringMatching(/^5: is no item: .*expcted/),
      "6: is no object",
      expect.stringMatching(/^7: is no item: input/),
    ]);
    expect(dataset.problems[0]?.file).toMatch(/bad\.jsonl$/);
  });
});

describe("CSV", () => {
  test("has a row of names, text cells, tags by semicolon, and other columns as metadata", async () => {
    const dataset = await load(
      "good.csv",
      'id,input,expected,tags,source,metadata\n1,"two\nlines, quoted ""so""",yes,a; b,wiki,"{""n"":1}"\n\n2,more,,,,\n',
    );
    expect(dataset.problems).toEqual([]);
    expect(plain(dataset)).toEqual([
      {
        id: "1",
        input: 'two\nlines, quoted "so"',
        expected: "yes",
        tags: ["a", "b"],
        metadata: { source: "wiki", n: 1 },
      },
      { id: "2", input: "more", tags: [], metadata: {} },
    ]);
    expect(dataset.items.map(({ line }) => line)).toEqual([2, 5]);
  });

  test("names the line of a row that has too few cells, and of a cell that is no JSON", async () => {
    const dataset = await load("bad.csv", 'id,input,resume\n1,"a\nb",[\n2,b\n3,c,"[""yes""]"\n');
    expect(places(dataset)).toEqual([
      expect.stringMatching(/^2: has a cell "resume" that is not JSON/),
      "4: has 2 cells, and the first line 3",
    ]);
    expect(plain(dataset)).toMatchObject([{ id: "3", resume: ["yes"] }]);
  });
});

test("CSV keeps its lines where a quote is text, or stands twice, or a cell runs over lines", async () => {
  const text = 'id,input,metadata\r\na,5" pipe,\r\nb,"a ""quoted""\none, twice",\r\nc,c,{wrong\r\n';
  const dataset = await load("quotes.csv", text);
  expect(dataset.items.map(({ input, line }) => [line, input])).toEqual([
    [2, '5" pipe'],
    [3, 'a "quoted"\none, twice'],
  ]);
  expect(places(dataset)).toEqual([expect.stringMatching(/^5: has a cell "metadata" that is not JSON/)]);
});

describe("YAML", () => {
  test("may name a part once and use it again, as a whole or with some of it changed", async () => {
    const text = "- &first\n  id: a\n  input: hello\n  metadata: &kind {k: v}\n- <<: *first\n  id: b\n";
    const more = Array.from({ length: 150 }, (_, index) => `- {id: ${index}, input: x, metadata: *kind}\n`).join("");
    const dataset = await load("anchors.yaml", text + more);
    expect(dataset.problems).toEqual([]);
    expect(dataset.items).toHaveLength(152);
    expect(plain(dataset)[1]).toEqual({ id: "b", input: "hello", tags: [], metadata: { k: "v" } });
  });

  test("is a list of items, each with its line", async () => {
    const dataset = await load(
      "good.yaml",
      "- id: a\n  input: |\n    long\n    text\n- id: b\n  input: short\n  tags: [x]\n",
    );
    expect(plain(dataset)).toMatchObject([
      { id: "a", input: "long\ntext\n" },
      { id: "b", tags: ["x"] },
    ]);
    expect(dataset.items.map(({ line }) => line)).toEqual([1, 5]);
  });

  test("that is none, or no list, is named", async () => {
    expect(places(await load("broken.yaml", "- id: a\n  input: [1\n"))).toEqual([
      expect.stringMatching(/^\d: is not YAML/),
    ]);
    expect(places(await load("map.yaml", "id: a\n"))).toEqual(["1: is no list: each item begins with a dash"]);
    expect(places(await load("scalar.yaml", "- just text\n- id: b\n  input: x\n"))).toEqual(["1: is no object"]);
  });
});

describe("Published collections", () => {
  test("HumanEval's lines are items as they are", async () => {
    const line = {
      task_id: "HumanEval/0",
      prompt: "def add(a, b):\n",
      entry_point: "add",
      canonical_solution: "    return a + b\n",
      test: "def check(candidate):\n    assert candidate(1, 2) == 3\n",
    };
    const { task_id, prompt, canonical_solution, ...metadata } = line;
    expect(plain(await load("humaneval.jsonl", JSON.stringify(line)))).toEqual([
      { id: task_id, input: prompt, expected: canonical_solution, tags: [], metadata },
    ]);
  });

  test.each([
    [1, "B"],
    ["C", "C"],
  ])("MMLU's lines are questions with lettered choices; the answer %j is %s", async (answer, expected) => {
    const line = { question: "What is 2 + 2?", choices: ["3", "4", "5"], answer, subject: "algebra" };
    expect(plain(await load("mmlu.jsonl", `\n${JSON.stringify(line)}`))).toEqual([
      {
        id: "line-2",
        input: "What is 2 + 2?\nA. 3\nB. 4\nC. 5\nAnswer with the letter alone.",
        expected,
        tags: ["algebra"],
        metadata: { choices: line.choices },
      },
    ]);
  });

  test("an answer that is none of the choices is a mistake", async () => {
    const line = { question: "?", choices: ["1", "2"], answer: 2 };
    expect(places(await load("mmlu-bad.jsonl", JSON.stringify(line)))).toEqual([
      "1: is no item: answer: is none of the choices",
    ]);
  });
});

describe("A dataset", () => {
  test("that is empty, missing, or of an unknown kind says so", async () => {
    expect(places(await load("empty.jsonl", "\n\n"))).toEqual(["0: has no items"]);
    expect(places(await load("items.txt", "a"))).toEqual(["0: is no .jsonl, .csv, .yaml, .yml file"]);
    expect(places(await loadDataset(join(folder, "absent.jsonl")))).toEqual([
      expect.stringMatching(/^0: cannot be read: ENOENT/),
    ]);
    expect(places(await loadDataset([]))).toEqual(["0: the dataset in the suite has no items"]);
  });

  test("has a hash that depends on what its items say, and not on their order or format", async () => {
    const a = '{"id": "a", "input": "1", "expected": "x"}';
    const b = '{"expected": "y", "input": "2", "id": "b"}';
    const hash = async (name: string, text: string) => (await load(name, text)).hash;
    const first = await hash("h1.jsonl", `${a}\n${b}\n`);
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(await hash("h2.jsonl", `${b}\n${a}`)).toBe(first);
    expect(await hash("h3.csv", "id,input,expected\na,1,x\nb,2,y\n")).toBe(first);
    expect(await hash("h4.jsonl", `${a}\n${b.replace("y", "z")}`)).not.toBe(first);
  });
});
