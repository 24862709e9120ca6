/** Which tools a question calls for, and with what: each clause goes to the tool that speaks most of what it is about. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import type { ToolCall } from "@langchain/core/messages/tool";
import { list, record, typed } from "../json.ts";
import { clauses, isQuestion, words } from "../text.ts";
import { fill } from "./fill.ts";
import { shareOf } from "./judge.ts";
import { kindAskedFor, readSource } from "./values.ts";

export type Call = Pick<ToolCall, "name" | "args">;

const mostCalls = 16;
/** Of a long text, at its start and at its end. */
const mostClauses = 500;

/** The calls that answer a question, none without what it requires. `forced`: one of the tool that fits best, in any case. */
export function planCalls(question: string, tools: readonly FunctionDefinition[], forced: boolean): Call[] {
  const readers = tools.map(readerFor);
  const asked = readers.map((): string[] => []);
  const all = forced ? [question] : clauses(question);
  for (const clause of all.filter((_, index) => index < mostClauses || index >= all.length - mostClauses)) {
    const shares = readers.map(({ share }) => share(clause));
    const most = Math.max(...shares);
    if (forced || most >= (isQuestion(clause) ? 1 / 3 : 3 / 5)) asked[shares.indexOf(most)]?.push(clause);
  }
  const calls = readers.flatMap(({ callsFor }, index) => callsFor(asked[index] ?? [], forced));
  return calls.slice(0, forced ? 1 : mostCalls);
}

function readerFor({ name, description, parameters }: FunctionDefinition) {
  const { properties, required } = record(parameters);
  const fields = Object.entries(record(properties)).map(([field, schema]) => {
    const { description, enum: options = "" } = record(schema);
    const about = `${words(field).join(" ")} ${typed(description, "")} ${JSON.stringify(options)}`;
    return { about, isRequired: list(required).includes(field) };
  });
  return { share: shareOf(`${words(name).join(" ")} ${description}`, fields), callsFor };

  /** A call, and one more for each further value of a kind that the tool asks for: the time "in Tokyo and in Paris". */
  function callsFor(asked: readonly string[], forced: boolean): Call[] {
    const source = readSource(asked.join(" "));
    const kinds = fields.map(({ about }) => kindAskedFor(about));
    const calls: Call[] = [];
    while (asked.length > 0 && calls.length < mostCalls) {
      const { value, found } = fill(parameters, source);
      if (found || forced) calls.push({ name, args: value });
      if (!found || !kinds.some((kind) => kind && source.free(kind).length > 0)) break;
    }
    return calls;
  }
}
