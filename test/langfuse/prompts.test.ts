/** Prompts that are kept in Langfuse, in a real run: used, linked to the calls that they were part of, and missed. */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { configure } from "../../src/config.ts";
import { prompt } from "../../src/llm/prompt.ts";
import { human, receive, run, serveTraced } from "../support/traced-runs.ts";

const promptPath = "/api/public/v2/prompts/react";

describe("A prompt in Langfuse", () => {
  it("takes the place of the file's text, and is linked to the model's calls", async () => {
    const langfuse = await receive();
    langfuse.prompts.set("react", { prompt: "Answer like a pirate.", version: 7, labels: ["production"] });
    const server = await serveTraced(langfuse, { graphs: "../..", environment: { MODEL: "offline" } });
    // The first one who asks waits for a second, in which a busy machine may not have answered.
    await expect.poll(() => prompt({}, "react", "")).toBe("Answer like a pirate.");
    const runs = [await run(server, "react", { input: human("What is 2 + 2?") }), await run(server, "react")];
    await server.close();

    const asked = langfuse.requests.filter(({ path }) => path.startsWith(promptPath));
    expect(asked).toHaveLength(1);
    expect(asked[0]?.path).toContain("label=production");
    expect(langfuse.problems).toEqual([]);
    const generations = runs.flatMap(({ trace_id }) => langfuse.trace(trace_id)?.spans ?? []);
    for (const { attributes, input } of generations.filter(({ type }) => type === "generation")) {
      expect(attributes).toMatchObject({
        "langfuse.observation.prompt.name": "react",
        "langfuse.observation.prompt.version": 7,
      });
      expect(JSON.stringify(input)).toContain("Answer like a pirate.");
    }
  });

  it("is taken by the label that the context names", async () => {
    const langfuse = await receive();
    langfuse.prompts.set("greeting", { prompt: "Ahoy!", version: 1, labels: ["staging"] });
    configure(langfuse.environment);
    // The first call waits for the answer however long that takes: the second after which it would not never passes.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    expect(await prompt({ context: { prompt_label: "staging" } }, "greeting", "Hello.")).toBe("Ahoy!");
    expect(await prompt({}, "greeting", "Hello.")).toBe("Hello.");
  });
});

describe("The file's text is used", () => {
  it("without Langfuse", async () => {
    configure({});
    expect(await prompt({}, "greeting", "Hello.")).toBe("Hello.");
  });

  it.each([
    ["does not answer", "hang" as const],
    ["fails", 500],
    ["refuses the keys", 401],
  ])("where Langfuse %s, which is asked once and not by every run", async (_, behaviour) => {
    const langfuse = await receive();
    langfuse.behaviour = behaviour;
    configure(langfuse.environment);
    const texts = await Promise.all(Array.from({ length: 5 }, () => prompt({}, "greeting", "Hello.")));
    texts.push(await prompt({}, "greeting", "Hello."));
    expect(texts).toEqual(texts.map(() => "Hello."));
    expect(langfuse.requests).toHaveLength(1);
  });
});
