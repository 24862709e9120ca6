/** What an ingest does to the documents in the database: what changed, and nothing else, on both databases. */
import { mkdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { configure } from "../../src/config.ts";
import { ingest } from "../../src/retrieval/ingest.ts";
import { ingestOwnDocuments } from "../../src/retrieval/own-documents.ts";
import { everybody } from "../../src/retrieval/passage.ts";
import { searchDatabase } from "../../src/retrieval/search.ts";
import type { Database } from "../../src/storage/database.ts";
import { deleteDocument, listDocuments } from "../../src/storage/tables/documents.ts";
import { listenOnLoopback } from "../net/loopback.ts";
import { describeDatabases } from "../support/databases.ts";
import { makeDocumentFolder, removeDocumentFolder } from "../support/documents.ts";

let folder: string;
const file = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFile(file(name), text);

beforeEach(async () => {
  configure();
  folder = await makeDocumentFolder();
});
afterEach(() => removeDocumentFolder(folder));

const website = await listenOnLoopback((request, response) =>
  request.url === "/levers"
    ? response.setHeader("content-type", "text/html").end("<title>Levers</title><p>The red lever stops the train.")
    : response.writeHead(404).end(),
);

describeDatabases("an ingest", (open) => {
  let database: Database;
  beforeEach(async () => {
    ({ database } = await open());
  });
  const ada = { owner: "ada" };
  const sources = async (owner = "ada") => (await listDocuments(database, owner)).map(({ source }) => source);
  const ask = (question: string, owner = "ada") => searchDatabase(database, owner, question);

  it("takes in a folder, once", async () => {
    await mkdir(file("deep"));
    await write("box.md", "# The box\n\n## Levers\n\nThe red lever stops the train.\n");
    await write("deep/staff.csv", "name,duty\nAda,signals\n");
    expect(await ingest(database, [folder], ada)).toMatchObject({
      added: expect.arrayContaining([file("box.md"), file("deep/staff.csv")]),
      failed: [],
      chunks: 2,
    });
    const [passage] = await ask("Which lever stops the train?");
    expect(passage).toMatchObject({ source: file("box.md"), title: "The box", heading: "The box > Levers", start: 0 });
    expect(await ingest(database, [folder], ada)).toMatchObject({ added: [], changed: [], unchanged: 2, chunks: 0 });
  });

  it("changes only what has changed, in its content or in what is said of it", async () => {
    await write("a.md", "The red lever.");
    await write("b.md", "The blue lever.");
    await ingest(database, [folder], ada);
    await write("a.md", "The green lever.");
    expect(await ingest(database, [folder], ada)).toMatchObject({ changed: [file("a.md")], unchanged: 1 });
    expect(await ask("red")).toEqual([]);
    expect(await ask("green lever")).toMatchObject([{ text: "The green lever." }]);
    const marked = { owner: "ada", metadata: { line: "north" } };
    expect((await ingest(database, [file("b.md")], marked)).changed).toEqual([file("b.md")]);
    expect((await ask("blue"))[0]?.metadata).toEqual({ line: "north" });
  });

  it("removes a document with its file, if it came with a folder", async () => {
    await mkdir(file("in"));
    await write("in/gone.md", "Levers.");
    await write("in/stays.md", "Signals.");
    await write("alone.md", "Boxes.");
    await ingest(database, [file("in"), file("alone.md")], ada);
    await rm(file("in/gone.md"));
    await rm(file("alone.md"));
    expect((await ingest(database, [file("in")], ada)).removed).toEqual([file("in/gone.md")]);
    expect(await sources()).toEqual([file("alone.md"), file("in/stays.md")]);
    expect(await ask("levers")).toEqual([]);
  });

  it("keeps what it has of a file that is broken now, and of a folder that cannot be looked into", async () => {
    await mkdir(file("sub"));
    await write("sub/a.md", "Levers.");
    await write("b.md", "Signals.");
    await ingest(database, [folder], ada);
    await write("b.md", "\0");
    await rename(file("sub"), file("moved"));
    await symlink(file("nowhere"), file("sub"));
    const report = await ingest(database, [folder], ada);
    expect(report.failed).toEqual([
      { source: file("sub"), reason: "the symbolic link leads nowhere" },
      { source: file("b.md"), reason: expect.stringContaining("it is not text: it has NUL characters") },
    ]);
    expect(report.removed).toEqual([]);
    expect(await sources()).toEqual([file("b.md"), file("moved/a.md"), file("sub/a.md")]);
  });

  it("says what it left out: hidden files, packages, other formats, and a link back to where it came from", async () => {
    await mkdir(file("node_modules"));
    await write("node_modules/a.md", "A package.");
    await write(".hidden.md", "Hidden.");
    await write("tool.js", "let it;");
    await symlink(folder, file("again"));
    const { skipped, added } = await ingest(database, [folder], ada);
    expect(added).toEqual([]);
    expect(Object.fromEntries(skipped.map(({ source, reason }) => [source.slice(folder.length + 1), reason]))).toEqual({
      ".hidden.md": "it is hidden",
      again: "it was looked through already, under another name",
      node_modules: "packages are not documents",
      "tool.js": "it is not Markdown, text, HTML, PDF or CSV",
    });
  });

  it("does not read a file of 300 MB", async () => {
    await write("large.pdf", "");
    await truncate(file("large.pdf"), 300_000_000);
    const { failed } = await ingest(database, [folder], ada);
    expect(failed[0]?.reason).toBe("it has 300000000 bytes, and 52428800 is the most (documentBytes); split it");
  });

  it("reads pages of the web, but nothing that is not on the public internet", async () => {
    expect((await ingest(database, [`${website.url}/levers`], ada)).failed[0]?.reason).toContain("is not called");
    configure({ ALLOWED_OUTGOING_HOSTS: website.host });
    const { added, failed } = await ingest(database, [`${website.url}/levers`, `${website.url}/none`], ada);
    expect(added).toEqual([`${website.url}/levers`]);
    expect(failed).toEqual([{ source: `${website.url}/none`, reason: "it answered 404 Not Found" }]);
    expect(await ask("red lever")).toMatchObject([{ title: "Levers", source: `${website.url}/levers` }]);
  });

  it("keeps each user's documents from the others, and shares everybody's", async () => {
    await write("a.md", "Ada's lever.");
    await write("b.md", "The lever of all.");
    await ingest(database, [file("a.md")], ada);
    await ingest(database, [file("b.md")], { owner: everybody });
    expect((await ask("lever", "ada")).map(({ text }) => text).sort()).toEqual(["Ada's lever.", "The lever of all."]);
    expect(await ask("lever", "bob")).toMatchObject([{ text: "The lever of all." }]);
  });

  it("takes in Signalbox's own documents, whatever else is there already, and never again what a user removed", async () => {
    await write("a.md", "# A manual of one's own");
    await ingest(database, [folder], { owner: everybody });
    await ingestOwnDocuments(database);
    expect(await sources(everybody)).toEqual(
      expect.arrayContaining(["signalbox/README.md", "signalbox/docs/tools.md"]),
    );
    expect((await ask("Which environment variable turns on the tool that runs code?"))[0]).toMatchObject({
      source: "signalbox/docs/tools.md",
    });
    for (const { document_id, source } of await listDocuments(database, everybody))
      if (source !== "signalbox/README.md" && source.startsWith("signalbox/"))
        await deleteDocument(database, everybody, document_id);
    await ingestOwnDocuments(database);
    expect(await sources(everybody)).toEqual([file("a.md"), "signalbox/README.md"]);
  });
});
