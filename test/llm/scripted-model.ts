/** A real OpenAI client talking to a loopback server that speaks the protocol and answers what a test tells it to. */
import { type ChatCompletionRequest, type FixtureFileResponse, LLMock } from "@copilotkit/aimock";
import { configure } from "../../src/config.ts";

export interface ScriptedModel extends AsyncDisposable {
  readonly url: string;
  /** What was sent to the model so far. */
  requests(): ChatCompletionRequest[];
}

/** The settings of a model, and none that the machine's own environment may have. */
export const noModel = { MODEL: "", OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };

/** Starts the server and makes it this process's model; each request gets the next of `replies`, and more are errors. */
export async function scriptedModel(...replies: FixtureFileResponse[]): Promise<ScriptedModel> {
  const server = new LLMock({ port: 0, chunkSize: 4 });
  for (const [index, reply] of replies.entries()) {
    const isTurn = () => server.getRequests().length === index;
    server.on({ predicate: isTurn }, reply);
  }
  const url = `${await server.start()}/v1`;
  configure({ ...noModel, MODEL: "openai:scripted", OPENAI_BASE_URL: url });
  return {
    url,
    requests: () =>
      server.getRequests().flatMap(({ body }) => (body && "messages" in body ? [body as ChatCompletionRequest] : [])),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** A reply that calls tools; `arguments` is what the model wrote, JSON or not. */
export function calling(...calls: (readonly [id: string, name: string, args: string])[]): FixtureFileResponse {
  return { toolCalls: calls.map(([id, name, args]) => ({ id, name, arguments: args })) };
}
