import { afterAll, beforeAll, expect, it } from "vitest";
import type { Engine } from "../../src/engine/contract.ts";
import { describeDatabases } from "../support/databases.ts";
import { say, startEngine, texts } from "../support/engine.ts";

const owner = "ada";

describeDatabases("interrupts", (open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine((await open()).database);
  });
  afterAll(() => engine.drain());

  async function asked(assistant_id = "ask") {
    const { thread_id } = await engine.threads.create(owner, {});
    const { run, result } = await engine.runs.createAndWait(owner, thread_id, { assistant_id, input: say("hi") });
    return { thread_id, run, values: JSON.parse(await result) };
  }

  it("end the run with the question, and mark the thread", async () => {
    const { thread_id, values } = await asked();
    expect(values.__interrupt__).toEqual([
      { id: expect.stringMatching(/^[0-9a-f]{32}$/), value: "What is your name?" },
    ]);
    const thread = await engine.threads.get(owner, thread_id);
    expect(thread.status).toBe("interrupted");
    expect(Object.values(thread.interrupts)).toEqual([values.__interrupt__]);
    const state = await engine.threads.state(owner, thread_id);
    expect(state.next).toEqual(["ask"]);
    expect(state.interrupts).toEqual(values.__interrupt__);
  });

  it("are answered by a resume, which goes on with the trace", async () => {
    const { thread_id, run } = await asked();
    const resumed = await engine.runs.createAndWait(owner, thread_id, {
      assistant_id: "ask",
      command: { resume: { name: "Ada" } },
    });
    expect(texts(await resumed.result)).toEqual(["hi", 'you said {"name":"Ada"}']);
    expect(resumed.run.trace_id).toBe(run.trace_id);
    expect(await engine.threads.get(owner, thread_id)).toMatchObject({ status: "idle", interrupts: {} });
  });

  it("of one node can follow one another, and each is answered by a resume of its own", async () => {
    const { thread_id } = await asked("ask-in-a-row");
    const resume = async (answer: string) => {
      const request = { assistant_id: "ask-in-a-row", command: { resume: answer } };
      return JSON.parse(await (await engine.runs.createAndWait(owner, thread_id, request)).result);
    };
    expect((await resume("one")).__interrupt__).toMatchObject([{ value: "Second?" }]);
    expect(await engine.threads.get(owner, thread_id)).toMatchObject({ status: "interrupted" });
    expect((await resume("two")).messages.at(-1).content).toBe("you said one and two");
    expect(await engine.threads.get(owner, thread_id)).toMatchObject({ status: "idle", interrupts: {} });
  });

  it("let one of two resumes at the same time win", async () => {
    const { thread_id } = await asked();
    const attempts = await Promise.allSettled(
      ["first", "second"].map((resume) =>
        engine.runs.createAndWait(owner, thread_id, { assistant_id: "ask", command: { resume } }),
      ),
    );
    const won = attempts.filter((attempt) => attempt.status === "fulfilled");
    const lost = attempts.filter((attempt) => attempt.status === "rejected");
    expect(won).toHaveLength(1);
    expect(lost[0]?.reason).toMatchObject({ code: "no-interrupt", status: 409 });
    await won[0]?.value.result;
    const again = engine.runs.create(owner, thread_id, { assistant_id: "ask", command: { resume: "late" } });
    await expect(again).rejects.toMatchObject({ code: "no-interrupt" });
  });

  it("of several nodes are answered by their ids, and an unknown id is refused", async () => {
    const { thread_id, values } = await asked("ask-twice");
    const unknown = engine.runs.create(owner, thread_id, {
      assistant_id: "ask-twice",
      command: { resume: { ["0".repeat(32)]: "x" } },
    });
    await expect(unknown).rejects.toMatchObject({ code: "interrupt-not-found" });
    for (const resume of ["yes", { approve: true }]) {
      const nameless = engine.runs.create(owner, thread_id, { assistant_id: "ask-twice", command: { resume } });
      await expect(nameless).rejects.toMatchObject({ code: "several-interrupts", status: 409 });
    }
    const resume = Object.fromEntries(
      values.__interrupt__.map(({ id, value }: { id: string; value: string }) => [id, `to ${value}`]),
    );
    const { result } = await engine.runs.createAndWait(owner, thread_id, {
      assistant_id: "ask-twice",
      command: { resume },
    });
    expect(texts(await result).sort()).toEqual(["hi", 'you said "to Left?"', 'you said "to Right?"']);
  });

  it("come before or after nodes that the request names", async () => {
    const { thread_id } = await engine.threads.create(owner, {});
    const request = { assistant_id: "family", input: say("hi"), interrupt_before: ["child"] };
    await (await engine.runs.createAndWait(owner, thread_id, request)).result;
    expect(await engine.threads.state(owner, thread_id)).toMatchObject({ next: ["child"] });
    expect((await engine.threads.get(owner, thread_id)).status).toBe("interrupted");
    const { result } = await engine.runs.createAndWait(owner, thread_id, { assistant_id: "family", input: null });
    expect(texts(await result)).toEqual(["hi", "parent speaks", "child speaks"]);
  });
});
