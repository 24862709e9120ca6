/** The offline model with documents: it answers in sentences of theirs, each with its marker, or does not know. */
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { OfflineChatModel } from "../../../src/llm/offline/model.ts";

const model = new OfflineChatModel();
const instructions = new SystemMessage("Answer from the documents only.");
const documents = `Document [1]: Rowan Bridge
The Rowan Bridge spans the river between the old town and the
harbour. It was opened on 4 May 1931 by the mayor, Edith Lang. The main span
is 212 metres long. Is it safe? Its keeper is Tom Hale.

Document [7]: Tolls
Tolls were charged until 1958. Carts paid more than riders, e.g. two coins for each axle.`;

const answerTo = async (question: string, text = documents) =>
  (await model.invoke([instructions, new HumanMessage(text), new HumanMessage(question)])).text;

describe("Asked about documents, the offline model", () => {
  test.each([
    ["Who opened the Rowan Bridge?", "It was opened on 4 May 1931 by the mayor, Edith Lang. [1]"],
    ["How long is the main span?", "The main span is 212 metres long. [1]"],
    ["Did carts pay more coins than riders?", "Carts paid more than riders, e.g. two coins for each axle. [7]"],
    [
      "Who is its keeper, and when were tolls charged?",
      "Its keeper is Tom Hale. [1] Tolls were charged until 1958. [7]",
    ],
    [
      "What does the Rowan Bridge span?",
      /^The Rowan Bridge spans the river between the old town and the harbour\. \[1\]/,
    ],
  ])("answers %j with the sentences that say it, as they stand, with their markers", async (question, answer) => {
    expect(await answerTo(question)).toEqual(typeof answer === "string" ? answer : expect.stringMatching(answer));
  });

  test.each([
    "What is the capital of France?",
    "Who painted the Rowan Bridge green?",
    "Wann wurde die Rowan Bridge eröffnet?",
    "¿Quién abrió el puente?",
    "Hello",
  ])("does not know the answer to %j", async (question) => {
    expect(await answerTo(question)).toBe("I do not know.");
  });

  test("answers from what a tool found in the same way", async () => {
    const search = { name: "find", description: "Finds", input_schema: { properties: { query: { type: "string" } } } };
    const question = new HumanMessage("How long is the main span?");
    const call = { id: "a", name: "find", args: { query: "main span" } };
    const found = new ToolMessage({ content: documents, tool_call_id: "a", name: "find" });
    const turn = [question, new AIMessage({ content: "", tool_calls: [call] }), found];
    const { text } = await model.bindTools([search]).invoke(turn);
    expect(text).toBe("The main span is 212 metres long. [1]");
  });

  test("reports what another tool said, rather than quote a document", async () => {
    const question = new HumanMessage("What is 200 + 12?");
    const call = { id: "a", name: "sum", args: { expression: "200 + 12" } };
    const said = new ToolMessage({ content: "212", tool_call_id: "a", name: "sum" });
    const messages = [new HumanMessage(documents), question, new AIMessage({ content: "", tool_calls: [call] }), said];
    expect((await model.invoke(messages)).text).toBe("200 + 12 = 212");
  });

  test("quotes code whole, with the sentence that leads to it, and no heading and no drawing", async () => {
    const manual = `Document [2]: Manual > Start
# Manual

It draws itself:

\`\`\`
┌──▶ start the pump ──▶ stop the pump
\`\`\`

## Start

To start the pump, run:

\`\`\`sh
pump start

pump status
\`\`\`

Never start it dry.`;
    expect(await answerTo("How do I start the pump?", manual)).toBe(
      "To start the pump, run: [2]\n\n```sh\npump start\n\npump status\n```",
    );
  });

  test("quotes rows under the head of their table, once", async () => {
    const table = `Document [1]: Tolls\nWhat is charged:\n
| vehicle | toll |\n|---|---|\n| cart | 2 coins |\n| wagon | 5 coins |\n| rider | nothing |`;
    const question = "What is the toll for a cart, and what is the toll for a wagon?";
    const rows = (await answerTo(question, table)).split("\n");
    expect(rows.slice(0, 2)).toEqual(["| vehicle | toll |", "|---|---|"]);
    expect(rows.slice(2).sort()).toEqual(["| cart | 2 coins [1] |", "| wagon | 5 coins [1] |"]);
  });

  test.each([
    ["what it is, where that is asked", "What is a lock?", "A lock is a chamber between two gates. [1]"],
    ["another word for the same", "When was the lock repaired?", "The lock was mended in 1988. [1]"],
  ])("begins with %s", async (_, question, answer) => {
    const canal = `Document [1]: Canal\nEach lock has a number and a name. A lock is a chamber between two gates.
The lock was mended in 1988. A keeper of the canal wears a blue cap. It needs no keeper on weekdays.`;
    expect((await answerTo(question, canal)).startsWith(answer)).toBe(true);
  });

  test("begins with what is worded as the question is, and lets no next sentence run into it", async () => {
    const notes = "Document [1]: Flags\nA live canal is drawn.\n\nDocument [2]: You\nI live in Bern";
    expect(await answerTo("Where do I live?", notes)).toBe("I live in Bern [2]\n\nA live canal is drawn. [1]");
  });

  test("quotes no sentence by halves, where the passage is a piece of a text", async () => {
    const piece = `Document [1]: Canal\nof the canal's keeper is paid by the town. ${"Boats pass. ".repeat(60)}\n
The keeper lives at the canal. The wage of the canal's keeper is`;
    expect(await answerTo("Who is the canal's keeper?", piece)).toBe("The keeper lives at the canal. [1]");
  });

  test("does not know a code that no document has, though they have its neighbours", async () => {
    const codes = `Document [1]: Pump\n## Error codes\n\n| code | meaning |\n|---|---|\n| E23 | The pump is hot. |`;
    expect(await answerTo("What does error code E99 of the pump mean?", codes)).toBe("I do not know.");
    expect(await answerTo("What does error code E23 of the pump mean?", codes)).toContain(
      "| E23 | The pump is hot. [1] |",
    );
  });

  test("says at most three sentences", async () => {
    const many = `Document [1]: Rain\n${Array.from({ length: 9 }, (_, day) => `Rain fell on day ${day}.`).join(" ")}`;
    expect((await answerTo("Which rain fell on a day?", many)).match(/\[1\]/g)).toHaveLength(3);
  });

  test.each(["Document [1]: a\n", "Document [1]: ", "a b ", "Rain fell. "])("reads a megabyte of %j", async (piece) => {
    const text = `Document [1]: Long\n${piece.repeat(1_000_000 / piece.length)}`;
    expect(await answerTo("Where did snow fall?", text)).toBe("I do not know.");
  });
});
