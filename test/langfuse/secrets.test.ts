/** Canaries: secrets that are put everywhere, and must be nowhere in what is sent. */
import { expect, it } from "vitest";
import { human, receive, run, serveTraced } from "../support/traced-runs.ts";

const canaries = {
  configured: "canary-of-the-configuration",
  typed: "sk-proj-Canary0123456789abcdef",
  token: "ghp_Canary0123456789abcdefghijklmnopqrst",
  password: "canary-pass9",
  address: "canary@example.com",
  card: "4111 1111 1111 1111",
};

it("No secret and no personal data leaves in a trace, wherever it stands", async () => {
  const langfuse = await receive();
  const server = await serveTraced(langfuse, {
    graphs: "tracing",
    environment: { OPENAI_API_KEY: canaries.configured, OTEL_EXPORTER_OTLP_ENDPOINT: langfuse.url, MODEL: "offline" },
  });
  const said = `${canaries.configured} ${canaries.typed} ${canaries.token} https://u:${canaries.password}@host ${canaries.address} ${canaries.card}`;
  const { status } = await run(server, "canary", {
    input: human(said, { said }),
    metadata: { note: said, password: canaries.password, user_id: canaries.address },
    config: { configurable: { api_key: canaries.typed }, tags: [canaries.token] },
  });
  expect(status).toBe("error");
  await server.close();

  const sent = JSON.stringify(langfuse.requests.map(({ body }) => body));
  expect(sent).toContain("it broke at [secret] [secret] [secret] https://u:[secret]@host [email] [card]");
  for (const [kind, canary] of Object.entries(canaries)) expect(sent.includes(canary), kind).toBe(false);
});
