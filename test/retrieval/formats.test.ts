/** What is read out of each format, and what is said of files that cannot be read. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { extract } from "../../src/retrieval/formats.ts";

const fixture = async (name: string) =>
  new Uint8Array(await readFile(new URL(`../fixtures/documents/${name}`, import.meta.url)));
const manual = await fixture("manuals/libtasn1.pdf");
const encrypted = await fixture("broken/encrypted.pdf");
const picture = await fixture("broken/picture.pdf");
const bytes = (text: string, encoding: BufferEncoding = "utf8") => new Uint8Array(Buffer.from(text, encoding));

describe("The text of", () => {
  it("Markdown is what is written, under its first heading", async () => {
    const text = "---\nx: 1\n---\n\n# The `box` [here](x)\n\nLevers.\n";
    expect(await extract(bytes(text), "a.md")).toMatchObject({ title: "The box here", text, isMarkdown: true });
  });

  it("a text file may have a byte order mark, UTF-16 and line ends of other systems", async () => {
    const text = "Hebel für Signale\n";
    for (const content of [
      bytes(`\ufeff${text}`),
      bytes(`\ufeff${text}`, "utf16le"),
      bytes(text.replace("\n", "\r\n")),
      new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le").swap16()),
    ])
      expect((await extract(content, "a.txt")).text).toBe(text);
  });

  it("HTML is all of the page as Markdown, in the character set that it names", async () => {
    const page = bytes(
      "<title>Box</title><meta charset=latin1><script>alert(1)</script><h2>Hebel</h2><p>Gr\xfcn",
      "latin1",
    );
    expect(await extract(page, "a.htm")).toEqual({ title: "Box", text: "## Hebel\n\nGrün", isMarkdown: true });
  });

  it("a PDF comes page by page, without the hyphens at line ends", async () => {
    const { text, pages = [] } = await extract(manual.slice(), "a.pdf");
    const chapter = pages.find(({ page }) => page === 4);
    expect(text.slice(chapter?.start)).toMatch(/^1\n1 Introduction\nThis document describes the Libtasn1 library/);
    expect(text).toContain("Permission is granted to copy");
    expect(text).not.toMatch(/[\ufb00-\ufb06]/);
  });

  it("a table has a paragraph for each row, whatever separates its values", async () => {
    const expected = "name: Ada\ncity: London, UK\n\nname: Bob\ncity: Ulm";
    expect((await extract(bytes('name,city\nAda,"London, UK"\n\nBob,Ulm\n'), "a.csv")).text).toBe(expected);
    expect((await extract(bytes("name;city\nAda;London, UK\nBob;Ulm"), "a.csv")).text).toBe(expected);
  });

  it("a page of the web is read by its media type", async () => {
    expect((await extract(bytes("<p>Hello"), "/docs", "text/html; charset=utf-8")).text).toBe("Hello");
    expect(await extract(bytes("# Hello"), "/raw/a.md", "text/plain")).toMatchObject({ title: "Hello" });
  });
});

describe("What cannot be read", () => {
  it.each([
    ["a program that is called .md", bytes("\x7fELF\0\0"), "a.md", "it is not text: it has NUL characters"],
    ["a picture that is called .txt", bytes("\xff\xd8\xff\xe0", "latin1"), "a.txt", "it is not text in UTF-8"],
    ["text in Latin-1", bytes("Gr\xfcn", "latin1"), "a.txt", "convert it first"],
    ["an archive that is called .html", bytes("PK\x03\0"), "a.html", "it is not HTML: it has NUL characters"],
    ["an encrypted PDF", encrypted, "a.pdf", "it is encrypted; save it without a password"],
    ["a PDF of pictures", picture, "a.pdf", "it has no text, only pictures perhaps"],
    [
      "rubbish that is called .pdf",
      bytes("%PDF-1.4 rubbish"),
      "a.pdf",
      "it cannot be read as PDF: Invalid PDF structure",
    ],
    ["half of a PDF", manual.slice(0, 2_000), "a.pdf", "it cannot be read as PDF"],
    ["a table with a broken row", bytes("a,b\n1,2\n3\n"), "a.csv", "its row 3 has 1 values for 2 columns"],
    ["an empty file", bytes(""), "a.pdf", "it is empty: it has 0 bytes"],
    ["a blank file", bytes(" \n"), "a.md", "it has no text"],
    ["UTF-16 without a byte order mark", bytes("text", "utf16le"), "a.txt", "needs a byte order mark, or convert it"],
    ["HTML that is nested without end", bytes("<div>".repeat(20_000)), "a.html", "nested more than 400 deep"],
  ])("is named with its reason: %s", async (_, content, name, reason) => {
    await expect(extract(content, name)).rejects.toMatchObject({
      code: "unreadable-document",
      message: expect.stringContaining(reason),
    });
  });

  it("is a picture on the web", async () => {
    await expect(extract(bytes("x"), "/a", "image/png")).rejects.toThrow("it is image/png, and not Markdown, text");
  });
});
