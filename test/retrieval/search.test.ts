/** The search in documents: by words, by meaning where embeddings are configured, and in a store of one's own. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configure } from "../../src/config.ts";
import { ingest } from "../../src/retrieval/ingest.ts";
import { searchDatabase, searchDocuments } from "../../src/retrieval/search.ts";
import type { Database } from "../../src/storage/database.ts";
import { openDatabase } from "../../src/storage/open.ts";
import { listenOnLoopback } from "../net/loopback.ts";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { makeDocumentFolder, removeDocumentFolder } from "../support/documents.ts";

/** A model for which only three meanings exist. */
const meanings = [/cat|feline|kitten/i, /train|railway|locomotive/i, /bread|baker/i];
let embedded: string[] = [];
let failures = 0;
/** What it fails with: 500 passes, and is tried again. */
let failure = 500;
/** What it gives in place of each vector. */
let odd: number[] | undefined;
const provider = await listenOnLoopback(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const { input, model } = JSON.parse(body);
  response.setHeader("content-type", "application/json");
  if (failures-- > 0) return response.writeHead(failure).end("{}");
  const texts: string[] = [input].flat();
  embedded.push(...texts.map((text) => `${model}: ${text}`));
  const data = texts.map((text, index) => ({
    index,
    embedding: odd ?? meanings.map((meaning) => (meaning.test(text) ? 2 : 0.01)),
  }));
  return response.end(JSON.stringify({ data, model, usage: { prompt_tokens: 1, total_tokens: 1 } }));
});
const withEmbeddings = (model = "small") =>
  configure({ EMBEDDINGS: `openai:${model}`, OPENAI_BASE_URL: `${provider.url}/v1` });

describe.each(databaseKinds)("a search on %s", (kind) => {
  let folder: string;
  let database: Database;
  let drop: () => Promise<void>;
  beforeEach(async () => {
    configure();
    embedded = [];
    failures = 0;
    failure = 500;
    odd = undefined;
    folder = await makeDocumentFolder();
    const fresh = await createTestDatabase(kind);
    drop = fresh.drop;
    database = await openDatabase(fresh.settings, { role: "client", vectors: true });
  });
  afterEach(async () => {
    await database.close();
    await drop();
    await removeDocumentFolder(folder);
  });
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const take = (metadata?: Record<string, string>) => ingest(database, [folder], { owner: "ada", metadata });
  const ask = async (question: string, options = {}) =>
    (await searchDatabase(database, "ada", question, options)).map(({ text }) => text);

  it("finds words in their other forms, spellings, accents, and scripts", async () => {
    await write("a.txt", "The colour of the rediscovered aliases.");
    await write("b.txt", "Das Café öffnet früh.");
    await write("c.txt", "東京の天気は晴れです");
    await take();
    expect(await ask("colors of an alias, rediscover")).toEqual(["The colour of the rediscovered aliases."]);
    expect(await ask("cafe offnet")).toEqual(["Das Café öffnet früh."]);
    expect(await ask("天気は")).toEqual(["東京の天気は晴れです"]);
  });

  it("takes any question for a question", async () => {
    await write("a.txt", "The lever.");
    await take();
    for (const question of [
      '" OR lever* NEAR(',
      "lever & | ! :* <-> ()",
      "'; DROP TABLE chunks; --",
      "lever\u0000",
      "",
    ])
      expect((await ask(question)).length, question).toBeLessThanOrEqual(1);
    expect(await ask(`lever ${"x ".repeat(50_000)}`)).toEqual([]);
    expect(await ask("What is it of the?")).toEqual([]);
  });

  it("knows what only asks in German, and in English keeps what is such a word there", async () => {
    await write("urlaub.txt", "Mitarbeiter haben 30 Tage Urlaub im Jahr.");
    await write("die.txt", "Two bits die.");
    await take();
    const [urlaub] = await searchDatabase(database, "ada", "Wie viele Tage Urlaub habe ich denn im Jahr?");
    expect(urlaub).toMatchObject({ text: "Mitarbeiter haben 30 Tage Urlaub im Jahr.", score: 1 });
    expect(await ask("When does it die?")).toEqual(["Two bits die."]);
  });

  it("says how much of a question a passage has, and nothing where that is next to nothing", async () => {
    await write("a.txt", "The red lever stops the train on the northern line.");
    for (const word of ["tea", "rain", "moon"]) await write(`${word}.txt`, `About the ${word} and the line.`);
    await take();
    const [whole] = await searchDatabase(database, "ada", "red lever train");
    const [half] = await searchDatabase(database, "ada", "red lever on the roof of the zoo");
    expect(whole?.score).toBe(1);
    expect(half?.score).toBeGreaterThan(0.3);
    expect(half?.score).toBeLessThan(0.7);
    expect(await ask("Who invented the aeroplane, and which line of poetry made its pilots famous?")).toEqual([]);
  });

  it("keeps to a source or to metadata", async () => {
    await write("north.txt", "The northern lever.");
    await take({ region: "north" });
    await write("south.txt", "The southern lever.");
    await ingest(database, [join(folder, "south.txt")], { owner: "ada", metadata: { region: "south" } });
    expect(await ask("lever", { source: "NORTH.txt" })).toEqual(["The northern lever."]);
    expect(await ask("lever", { metadata: { region: "south" } })).toEqual(["The southern lever."]);
    expect(await ask("lever", { metadata: { region: "west" } })).toEqual([]);
    expect((await ask("lever", { limit: 1 })).length).toBe(1);
  });

  it("gives two chunks that follow one another as one passage", async () => {
    const filler = (word: string) => `${word} `.repeat(1_500 / (word.length + 1));
    const text = `${filler("alpha")}The lever is red. ${filler("beta")}The lever is old.`;
    await write("a.txt", text);
    await take();
    const [passage, ...others] = await searchDatabase(database, "ada", "red old lever");
    expect(others).toEqual([]);
    expect(passage?.text).toBe(text.slice(passage?.start, passage?.end));
    expect(passage?.text).toMatch(/red.*old/s);
  });

  it("finds by meaning what has no word of the question, and by words what has no vector", async () => {
    await write("cats.txt", "A kitten sleeps all day.");
    await take();
    withEmbeddings();
    await write("trains.txt", "The locomotive is late.");
    expect(await ask("kitten")).toEqual(["A kitten sleeps all day."]);
    expect(await ask("feline")).toEqual([]);
    failures = 1;
    expect(await take()).toMatchObject({ added: [join(folder, "trains.txt")], changed: [join(folder, "cats.txt")] });
    expect(await ask("feline")).toEqual(["A kitten sleeps all day."]);
    expect(await ask("railway", { source: "cats" })).toEqual([]);
    expect(await ask("railway")).toEqual(["The locomotive is late."]);
  });

  it("embeds anew what another model has embedded, and nothing else", async () => {
    withEmbeddings();
    await write("cats.txt", "A kitten sleeps all day.");
    await take();
    embedded = [];
    expect((await take()).unchanged).toBe(1);
    expect(embedded).toEqual([]);
    withEmbeddings("large");
    expect((await take()).changed).toHaveLength(1);
    expect(embedded).toEqual([expect.stringMatching(/^large: cats\.txt.*A kitten sleeps all day\.$/)]);
    configure();
    expect((await take()).unchanged).toBe(1);
  });

  it("says which embeddings failed, takes nothing in without them, and finds by words meanwhile", async () => {
    withEmbeddings();
    await write("cats.txt", "A kitten sleeps all day.");
    await take();
    failures = 100;
    failure = 400;
    await write("trains.txt", "The locomotive is late.");
    await expect(take()).rejects.toMatchObject({ code: "model-failed", message: /The embeddings openai:small failed/ });
    const problems: string[] = [];
    const onProblem = (reason: string) => problems.push(reason);
    expect(await ask("kitten", { onProblem })).toEqual(["A kitten sleeps all day."]);
    expect(await ask("feline", { onProblem })).toEqual([]);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^The embeddings openai:small failed: 400/);
  });

  it.each([
    ["of another length", [1, 0], /^openai:small gives vectors of another length than before: remove the documents/],
    ["without numbers", [], /^The embeddings openai:small failed: they gave a vector without numbers/],
  ])("finds by words, where the embeddings give a vector %s", async (_, vector, reason) => {
    withEmbeddings();
    await write("cats.txt", "A kitten sleeps all day.");
    await take();
    odd = vector;
    const problems: string[] = [];
    const onProblem = (reason: string) => problems.push(reason);
    expect(await ask("kitten", { onProblem })).toEqual(["A kitten sleeps all day."]);
    expect(problems).toEqual([expect.stringMatching(reason)]);
  });

  it("puts what stands together, and what a title has, before what is only said more often", async () => {
    const other = "Of this and that there is more to tell. ".repeat(12);
    await write("a.txt", `A lever. ${other} A brake. ${other} A lever and a lever and a lever.`);
    await write("b.txt", `${other} The lever of the brake is red. ${other}`);
    await take();
    expect(await ask("brake lever")).toEqual([expect.stringContaining("is red"), expect.stringContaining("A brake")]);
    await write("brake.txt", `${other} The lever of the brake is blue. ${other}`);
    await take();
    expect((await ask("brake lever"))[0]).toContain("is blue");
  });
});

it("looks words up in Postgres' index, and does not read all chunks", async () => {
  configure();
  const fresh = await createTestDatabase("postgres");
  const database = await openDatabase(fresh.settings, { role: "client" });
  await database.query(
    `INSERT INTO chunks (owner, document_id, position, start_offset, end_offset, text, title_words, words)
     SELECT 'ada', 'one', number, 0, 1, repeat('x', 1600), '', 'lever ' || number FROM generate_series(1, 3000) AS number`,
  );
  await database.query("ANALYZE chunks");
  const plans: string[] = [];
  const explained: Database = {
    ...database,
    async query(sql, values) {
      const plan = await database.query<{ "QUERY PLAN": string }>(`EXPLAIN ${sql}`, values);
      plans.push(plan.map((line) => line["QUERY PLAN"]).join("\n"));
      return database.query(sql, values);
    },
  };
  await searchDatabase(explained, "ada", "lever 17 and 18");
  await database.close();
  await fresh.drop();
  const reading = plans.filter((plan) => plan.includes("chunks_by_word"));
  expect(reading).toHaveLength(2);
  expect(plans.filter((plan) => /Seq Scan on chunks/.test(plan))).toEqual([]);
});

describe("A store of one's own", () => {
  const fixture = fileURLToPath(new URL("../fixtures/retriever/store.ts", import.meta.url));
  const use = (name: string) => configure({ RETRIEVER: `${fixture}:${name}` });

  it("may be any VectorStore of LangChain's", async () => {
    use("store");
    const [passage] = await searchDocuments("ada", "lever signals");
    expect(passage).toMatchObject({ id: "2", source: "box.pdf", page: 7, text: "signal lever", start: 0, end: 12 });
    expect(await searchDocuments("ada", "lever", { metadata: { topic: "food" } })).toMatchObject([
      { title: "Food", metadata: { topic: "food" } },
    ]);
    expect(await searchDocuments("ada", "lever", { source: "FOOD" })).toHaveLength(1);
  });

  it("may be a retriever, or a function that is told who asks", async () => {
    use("retriever");
    expect(await searchDocuments("ada", "lever")).toMatchObject([{ text: "signal lever" }]);
    use("search");
    expect(await searchDocuments("ada", "levers")).toMatchObject([{ text: "ada asked for levers" }]);
  });

  it.each([
    ["nothing", "expected a VectorStore, a retriever, or a function"],
    ["missing", "expected a VectorStore, a retriever, or a function"],
  ])("is refused where %s is exported", async (name, reason) => {
    use(name);
    await expect(searchDocuments("ada", "lever")).rejects.toMatchObject({
      code: "invalid-configuration",
      message: expect.stringContaining(reason),
    });
  });

  it.each([
    ["throwing", "its search failed: the index is missing"],
    ["text", "its search failed: it gave no list of documents"],
    ["texts", "its search gave something else than documents"],
  ])("is named where its search goes wrong: %s", async (name, reason) => {
    use(name);
    await expect(searchDocuments("ada", "lever")).rejects.toMatchObject({
      code: "invalid-configuration",
      message: expect.stringContaining(`store.ts:${name}: ${reason}`),
    });
  });

  it("may leave out what it knows of a document", async () => {
    use("bare");
    expect(await searchDocuments("ada", "lever")).toMatchObject([{ text: "a lever without metadata", source: "" }]);
  });

  it("is refused where its module cannot be imported", async () => {
    configure({ RETRIEVER: "./nowhere.ts:store" });
    await expect(searchDocuments("ada", "lever")).rejects.toThrow(
      /RETRIEVER, \.\/nowhere\.ts:store: Cannot find module/,
    );
  });
});
