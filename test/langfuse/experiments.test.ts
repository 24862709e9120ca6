/** Eval runs as experiments in Langfuse: datasets, items, traces, links and scores, and what happens without Langfuse. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { answering, evalProject, items, type Ran, suite, trialsOf } from "../evals/project.ts";
import { type LangfuseReceiver, version4 } from "../support/langfuse-receiver.ts";
import { receive } from "../support/traced-runs.ts";

type Published = Ran & { json: { langfuse?: { url?: string; problem?: string } } };

/** A receiver whose keys this process has. */
async function langfuseOfThisProcess(): Promise<LangfuseReceiver> {
  const langfuse = await receive();
  for (const [name, value] of Object.entries(langfuse.environment)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  return langfuse;
}

/** A project with one suite, over a dataset of its own or the one that is given. */
function project(body: string, rows = items(["a", "1"], ["b", "2"]), answers: Record<string, string | string[]> = {}) {
  return evalProject({
    "evals/datasets/numbers.jsonl": rows,
    "evals/answers.json": JSON.stringify(answers),
    "evals/suites/small.eval.ts": suite(`dataset: "../datasets/numbers.jsonl", ${body}`),
  });
}

const ofFunction = (answers: Record<string, string | string[]>, more = "") =>
  project(`${answering}, ${more}`, undefined, answers);

const attribute = (span: { attributes: Record<string, unknown> }, name: string) =>
  span.attributes[`langfuse.experiment.${name}`];

describe("With Langfuse's keys, an eval run of a graph", () => {
  const tasks = [
    { id: "good", input: "double 2", expected: "4", tags: ["arithmetic"] },
    { id: "wrong", input: "double 3", expected: "7" },
    { id: "failed", input: "fail", expected: "4" },
    { id: "asks", input: "ask me", expected: "yes and no", resume: ["yes", "no"] },
    { id: "recalls", input: "recall", expected: "the sea", before: ["remember the sea"] },
    { id: "never", input: "recall", expected: "the sea", before: ["fail"] },
  ];
  const rows = tasks.map((task) => `${JSON.stringify(task)}\n`).join("");

  test("is an experiment there, with all items, and scores of 0 for those that failed", async () => {
    const langfuse = await langfuseOfThisProcess();
    langfuse.behaviour = version4;
    await using given = await project('target: "worker"', rows);
    const ran = (await given.run()) as Published;
    const trials = await trialsOf(ran);

    const storedId = (id: string) =>
      langfuse.datasetItems.find(({ metadata }) => Object(metadata).signalbox.id === id)?.id;
    expect(langfuse.datasetItems).toHaveLength(tasks.length);
    expect(langfuse.datasetItems).toContainEqual(
      expect.objectContaining({
        datasetName: "numbers",
        input: "double 2",
        expectedOutput: "4",
        metadata: { signalbox: { id: "good", tags: ["arithmetic"] } },
      }),
    );
    for (const { item, result } of trials) {
      const url = result.trace_url ?? "";
      expect(url).toMatch(new RegExp(`^${langfuse.url}/project/test/traces/[0-9a-f]{32}$`));
      const trace = langfuse.trace(url.slice(-32));
      const root = trace?.spans.find(({ parentId }) => parentId === undefined);
      // Langfuse 4 knows an item by what each of its spans says.
      expect(new Set(trace?.spans.map((span) => attribute(span, "item.id")))).toEqual(new Set([storedId(item)]));
      expect(new Set(trace?.spans.map((span) => attribute(span, "name")))).toEqual(new Set([`small ${ran.json.run}`]));
      expect(new Set(trace?.spans.map((span) => attribute(span, "dataset.id")))).toEqual(new Set(["dataset-numbers"]));
      expect(
        langfuse.traces().filter(({ spans }) => spans.some((span) => attribute(span, "item.id") === storedId(item))),
      ).toHaveLength(1);
      expect(new Set(trace?.spans.map((span) => attribute(span, "item.root_observation_id")))).toEqual(
        new Set([root?.id]),
      );
      expect(root && attribute(root, "item.expected_output")).toBe(tasks.find(({ id }) => id === item)?.expected);
      expect(trace).toMatchObject({ environment: "evals" });
    }
    const ids = new Set(langfuse.spans().flatMap((span) => attribute(span, "id") ?? []));
    expect(ids.size).toBe(1);

    const scored = Object.fromEntries(
      trials.map(({ item, result }) => {
        const own = langfuse.scores().filter(({ traceId }) => traceId === result.trace_url?.slice(-32));
        return [item, Object.fromEntries(own.map(({ name, value }) => [name, value]))];
      }),
    );
    expect(scored).toEqual({
      good: { pass: 1, exact: 1 },
      wrong: { pass: 0, exact: 0 },
      failed: { pass: 0, exact: 0 },
      asks: { pass: 1, exact: 1 },
      recalls: { pass: 1, exact: 1 },
      never: { pass: 0, exact: 0 },
    });
    // A run that comes before the item's own is traced, and no item.
    expect(langfuse.traces().length).toBeGreaterThan(tasks.length);
    expect(langfuse.problems).toEqual([]);
    expect(ran.json.langfuse).toEqual({
      text: expect.stringContaining(`${langfuse.url}/project/test/datasets`),
      url: `${langfuse.url}/project/test/datasets`,
    });
    const report = await readFile(join(ran.json.path, "report.html"), "utf8");
    for (const { result } of trials) expect(report).toContain(`href="${result.trace_url}"`);
  });
});

describe("With Langfuse's keys, an eval run of a function", () => {
  test("is one experiment for each trial, whose items have traces of their own, linked as Langfuse 3 wants it", async () => {
    const langfuse = await langfuseOfThisProcess();
    await using given = await ofFunction({ b: ["2", "!broken"] }, "trials: 2");
    const ran = (await given.run()) as Published;
    expect(ran.json.langfuse).not.toHaveProperty("problem");
    const [first, second] = [1, 2].map((trial) => `small ${ran.json.run} trial ${trial}`);
    const trials = await trialsOf(ran);
    const links = langfuse.datasetRunItems.map(({ runName, traceId }) => [runName, traceId]);
    expect(links).toHaveLength(4);
    expect(links).toEqual(
      expect.arrayContaining(trials.map(({ trial, result }) => [trial === 0 ? first : second, result.trace_id])),
    );
    const broken = trials.find(({ item, trial }) => item === "b" && trial === 1);
    const [root] = langfuse.trace(broken?.result.trace_id ?? "")?.spans ?? [];
    expect(root).toMatchObject({ name: "numbers", level: "ERROR", statusMessage: "TypeError: broken", input: "b" });
    expect(root && attribute(root, "name")).toBe(second);
    expect(
      langfuse
        .scores()
        .filter(({ name }) => name === "pass")
        .map(({ value }) => value)
        .toSorted(),
    ).toEqual([0, 1, 1, 1]);
    expect(langfuse.problems).toEqual([]);
  });

  test("has all of it sent before it ends, but for scores that were skipped", async () => {
    const langfuse = await langfuseOfThisProcess();
    const rows = items(...Array.from({ length: 100 }, (_, index) => [`${index}`, "yes"] as const));
    const judge = '{ name: "judge", evaluate: () => ({ name: "judge", value: 0, skipped: "no model" }) }';
    await using given = await project(`${answering}, evaluators: [exact(), ${judge}]`, rows);
    const ran = (await given.run()) as Published;
    expect(ran.json.langfuse).not.toHaveProperty("problem");
    expect(langfuse.datasetItems).toHaveLength(100);
    expect(langfuse.datasetRunItems).toHaveLength(100);
    expect(
      Map.groupBy(langfuse.scores(), ({ name }) => name)
        .keys()
        .toArray()
        .toSorted(),
    ).toEqual(["exact", "pass"]);
    expect(langfuse.scores()).toHaveLength(200);
    expect(langfuse.traces()).toHaveLength(100);
  });

  test("goes on in the same experiment when it is resumed, and writes no item again", async () => {
    const langfuse = await langfuseOfThisProcess();
    await using given = await ofFunction({});
    const stop = new AbortController();
    const part = await given.run(
      { concurrency: 1 },
      { stop: stop.signal, onProgress: ({ done }) => void (done === 1 && stop.abort(new Error("Ctrl-C"))) },
    );
    const writes = () =>
      langfuse.requests.filter(({ method, path }) => `${method} ${path}` === "POST /api/public/dataset-items");
    expect(writes()).toHaveLength(2);
    await given.run({ resume: part.json.run });
    expect(writes()).toHaveLength(2);
    expect(new Set(langfuse.spans().map((span) => attribute(span, "id"))).size).toBe(1);
    expect(langfuse.datasetRunItems.map(({ runName }) => runName)).toEqual(Array(2).fill(`small ${part.json.run}`));
    expect(langfuse.problems).toEqual([]);
  });

  test("says which item Langfuse does not take, and sends the others", async () => {
    const langfuse = await langfuseOfThisProcess();
    langfuse.behaviour = ({ path, body }) =>
      path === "/api/public/dataset-items" && Object(body).input === "a" ? 400 : "well";
    await using given = await ofFunction({});
    const ran = (await given.run()) as Published;
    expect(ran.json.langfuse?.problem).toMatch(/answered 400 to the item a/);
    expect(langfuse.datasetItems).toMatchObject([{ input: "b" }]);
    expect(langfuse.scores()).toHaveLength(4);
    expect(ran.exitCode).toBe(0);
  });
});

describe("A Langfuse that", () => {
  const ended = async (langfuse: LangfuseReceiver) => {
    await using given = await ofFunction({ b: "wrong" }, "gates: [{ min: 1 }]");
    const ran = (await given.run()) as Published;
    const trials = await trialsOf(ran);
    expect(Object.fromEntries(trials.map(({ item, passed }) => [item, passed]))).toEqual({ a: true, b: false });
    expect(ran.exitCode).toBe(1);
    expect(ran.text.split("\n").filter((line) => line.startsWith("Langfuse:"))).toHaveLength(ran.json.langfuse ? 1 : 0);
    expect(langfuse.problems).toEqual([]);
    return { ...ran, trials };
  };

  test.each([
    ["refuses the keys", 401 as const, /nothing was sent.*401: check LANGFUSE_PUBLIC_KEY/],
    ["fails", 500 as const, /nothing was sent.*500/],
    ["closes the connection", "cut" as const, /nothing was sent/],
    ["never answers", "hang" as const, /nothing was sent.*5000 ms/],
  ])("%s neither fails nor holds up the run, which says so once", async (_, behaviour, reason) => {
    const langfuse = await langfuseOfThisProcess();
    langfuse.behaviour = behaviour;
    const { text, trials } = await ended(langfuse);
    expect(text).toMatch(reason);
    expect(trials.map(({ result }) => result.trace_url)).toEqual([undefined, undefined]);
    // Two questions, each asked once.
    expect(langfuse.requests.length).toBeLessThanOrEqual(2);
  });

  test("is not there leaves the run alone", async () => {
    const langfuse = await langfuseOfThisProcess();
    await langfuse.down();
    expect((await ended(langfuse)).text).toMatch(/nothing was sent/);
  });

  test("dies during the run leaves it alone, too", async () => {
    const langfuse = await langfuseOfThisProcess();
    langfuse.behaviour = ({ path }) => (path.includes("/dataset-items?") || !path.includes("dataset-") ? "well" : 503);
    const ran = await ended(langfuse);
    expect(ran.text).toMatch(/not all was sent at .*answered 503/);
    expect(langfuse.scores()).toEqual([]);
  });

  test("is not configured is not mentioned", async () => {
    const langfuse = await receive();
    const ran = await ended(langfuse);
    expect(ran.json.langfuse).toBeUndefined();
    expect(langfuse.requests).toEqual([]);
  });
});
