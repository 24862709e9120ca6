/** Whether questions in a person's words find the passage that answers them: real documents, written by others. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { ingest } from "../../src/retrieval/ingest.ts";
import { everybody } from "../../src/retrieval/passage.ts";
import { searchDatabase } from "../../src/retrieval/search.ts";
import type { Database } from "../../src/storage/database.ts";
import { describeDatabases } from "../support/databases.ts";

interface Labelled {
  question: string;
  /** The file's name. */
  source: string;
  /** What the right passage holds, character by character. */
  holds: string;
}

const documents = fileURLToPath(new URL("../fixtures/documents/", import.meta.url));
/** They were written before the ranking was, and none was taken out since. */
const questions: { answered: Labelled[]; unanswered: string[] } = JSON.parse(
  await readFile(`${documents}questions.json`, "utf8"),
);
/** These were written when the ranking was done. */
const further: Labelled[] = JSON.parse(await readFile(`${documents}further-questions.json`, "utf8"));

describeDatabases("the search in documents", (open) => {
  let database: Database;
  beforeAll(async () => {
    ({ database } = await open());
    const { failed } = await ingest(database, [`${documents}manuals`], { owner: everybody });
    expect(failed).toEqual([]);
  });

  it.each([
    ["nine questions of ten", questions.answered, 30, 0.9],
    ["four of five further ones", further, 20, 0.8],
  ])("finds the right passage among the first five for %s", async (_, asked, count, share) => {
    const ranks: number[] = [];
    for (const { question, source, holds } of asked) {
      const passages = await searchDatabase(database, "ada", question);
      ranks.push(passages.findIndex((passage) => passage.source.endsWith(source) && passage.text.includes(holds)) + 1);
    }
    const missed = asked.filter((_, index) => ranks[index] === 0).map(({ question }) => question);
    expect(asked).toHaveLength(count);
    expect(ranks.filter((rank) => rank > 0).length / count, missed.join("\n")).toBeGreaterThanOrEqual(share);
    // The mean reciprocal rank: the right passage is not only there, but mostly first or second.
    expect(ranks.reduce((sum, rank) => sum + (rank && 1 / rank), 0) / count).toBeGreaterThanOrEqual(0.6);
  });

  it.each(questions.unanswered)("finds nothing that answers: %s", async (question) => {
    expect(await searchDatabase(database, "ada", question)).toEqual([]);
  });
});
