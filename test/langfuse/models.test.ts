/** What a trace says of models: a real client against a loopback server, and what was paid for it. */
import { describe, expect, it } from "vitest";
import { scriptedModel } from "../llm/scripted-model.ts";
import { flawsOf } from "../support/langfuse-traces.ts";
import { human, receive, run, serveTraced } from "../support/traced-runs.ts";

describe("A call of a model", () => {
  it.each([
    ["that is known", "gpt-5-mini", expect.stringMatching(/^\{"total":0\.0+\d+\}$/)],
    ["without a known price", "my-own-model", undefined],
  ])("%s shows model, parameters, usage, cost and the time of its first token", async (_, name, cost) => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 20, total_tokens: 1_020 };
    await using model = await scriptedModel({ content: "It is 42.", model: name, usage });
    const langfuse = await receive();
    const server = await serveTraced(langfuse, {
      graphs: "../..",
      environment: { MODEL: `openai:${name}`, OPENAI_BASE_URL: model.url },
    });
    const context = { max_tokens: 99 };
    const started = await run(server, "react", { input: human("And?"), context, stream_mode: ["messages-tuple"] });
    await server.close();

    const trace = langfuse.trace(started.trace_id);
    const [generation] = trace?.spans.filter(({ type }) => type === "generation") ?? [];
    if (!trace || !generation) throw new Error("there is no generation");
    expect(flawsOf(trace)).toEqual([]);
    expect(generation).toMatchObject({ name: "ChatOpenAI", output: { role: "assistant", content: "It is 42." } });
    expect(generation.input).toMatchObject({ messages: [{ role: "system" }, { role: "user", content: "And?" }] });
    const said = (key: string) => generation.attributes[`langfuse.observation.${key}`];
    expect(said("model.name")).toBe(name);
    expect(JSON.parse(String(said("usage_details")))).toEqual({ input: 1_000, output: 20, total: 1_020 });
    expect(said("cost_details")).toEqual(cost);
    expect(said("model.parameters")).toMatch(/"max_(completion_)?tokens":99/);
    const firstToken = Date.parse(JSON.parse(String(said("completion_start_time"))));
    expect(firstToken).toBeGreaterThanOrEqual(Math.floor(generation.start));
    expect(firstToken).toBeLessThanOrEqual(Math.ceil(generation.end));
  });
});
