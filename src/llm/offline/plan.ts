/** Which tools a question calls for, and with what: each clause goes to the tool that speaks most of what it is about. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import type { ToolCall } from "@langchain/core/messages/tool";
import { fill } from "./fill.ts";
import { clauses, isQuestion, list, record, typed, words } from "./text.ts";
import { kindAskedFor, readSource, shareOf } from "./values.ts";

export type Call = Pick<ToolCall, "name" | "args">;

const mostCalls = 16;

/** The calls that answer a question: none without the arguments that it requires; but one in any case, if `forced`. */
export function planCalls(question: string, tools: readonly FunctionDefinition[], forced: boolean): Call[] {
  const subjects = tools.map(subjectOf);
  const asked = tools.map((): string[] => []);
  for (const clause of forced ? [question] : clauses(question).slice(0, 1_000)) {
    const shares = subjects.map(({ about, needed }) => shareOf(clause, about, needed));
    const most = Math.max(...shares);
    if (forced || most >= (isQuestion(clause) ? 1 / 4 : 3 / 5)) asked[shares.indexOf(most)]?.push(clause);
  }
  const calls = tools.flatMap(({ name, parameters }, index) => {
    const source = readSource(asked[index]?.join(" ") ?? "");
    const found: Call[] = [];
    // One more for each further value of a kind that the tool asks for: the time "in Tokyo and in Paris".
    for (let isMore = asked[index]?.length !== 0; isMore && found.length < mostCalls; ) {
      const filled = fill(parameters, source);
      if (filled.found || forced) found.push({ name, args: filled.value });
      isMore = filled.found && subjects[index]?.kinds.some((kind) => source.free(kind).length > 0) === true;
    }
    return found;
  });
  return calls.slice(0, forced ? 1 : mostCalls);
}

function subjectOf({ name, description, parameters }: FunctionDefinition) {
  const { properties, required } = record(parameters);
  const fields = Object.entries(record(properties)).map(([field, schema]) => {
    const { description, enum: options = "" } = record(schema);
    const about = `${words(field).join(" ")} ${typed(description, "")} ${JSON.stringify(options)}`;
    return { about, kind: kindAskedFor(about), isNeeded: list(required).includes(field) };
  });
  const about = [...words(name), description, ...fields.map((field) => field.about)].join(" ");
  const needed = fields.filter(({ isNeeded }) => isNeeded).map(({ kind }) => kind);
  return { about, needed, kinds: fields.map(({ kind }) => kind) };
}
