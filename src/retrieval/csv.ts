/** A table as text: each row is a paragraph of `column: value` lines. */
import { CSVLoader } from "@langchain/community/document_loaders/fs/csv";
import { dsvFormat } from "d3-dsv";
import { SignalboxError } from "../errors.ts";
import type { Extracted } from "./chunk.ts";

/** @throws SignalboxError "unreadable-document" where a row has more or fewer values than there are columns */
export async function extractCsv(text: string): Promise<Extracted> {
  const separator = /^[^,\n]*;/.test(text) ? ";" : ",";
  const format = dsvFormat(separator);
  const [columns = [], ...rows] = format.parseRows(text.trim()).filter((row) => row.join("") !== "");
  const broken = rows.findIndex((row) => row.length !== columns.length);
  if (broken !== -1) {
    const found = `${rows[broken]?.length} values for ${columns.length} columns`;
    throw new SignalboxError("unreadable-document", `its row ${broken + 2} has ${found}; mend the table`);
  }
  // The loader takes empty lines for rows, so it is given what is left.
  const documents = await new CSVLoader(new Blob([format.formatRows([columns, ...rows])]), { separator }).load();
  return { text: documents.map(({ pageContent }) => pageContent).join("\n\n") };
}
