/** Which tools a question calls for, and with what: each clause goes to the tool that has most in common with it. */
import { fill } from "./fill.ts";
import { clauses, isQuestion, terms } from "./text.ts";
import { kindAskedFor, Source, withSigns } from "./values.ts";

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** A JSON schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface Call {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const mostClauses = 32;
const mostCalls = 16;

/** The calls that answer `question`: none twice, and none whose required arguments it does not have. */
export function planCalls(question: string, tools: readonly Tool[]): Call[] {
  const all = clauses(question);
  const asked = all.length > mostClauses ? all.filter(isQuestion).slice(0, mostClauses) : all;
  const calls = asked.flatMap((clause) => {
    const best = bestMatch(clause, question, tools);
    return best && best.score >= (isQuestion(clause) ? 0.5 : 0.75) ? best.calls : [];
  });
  const unique = new Map(calls.map((call) => [callKey(call), call]));
  return [...unique.values()].slice(0, mostCalls);
}

/** The call of the tool that fits best, whether or not the question has its arguments. */
export function forcedCall(question: string, tools: readonly Tool[]): Call[] {
  return bestMatch(question, question, tools)?.calls.slice(0, 1) ?? [];
}

/** Two calls with the same key are the same call. */
export function callKey({ name, args }: Call): string {
  return `${name} ${JSON.stringify(args)}`;
}

function bestMatch(clause: string, question: string, tools: readonly Tool[]) {
  const matches = tools.map((tool) => match(tool, clause, question));
  return matches.sort((one, other) => other.score - one.score)[0];
}

/** The share of the clause's terms that the tool speaks of; its name counts twice, values that it must have thrice. */
function match({ name, description, parameters }: Tool, clause: string, question: string) {
  const fields = Object.entries(parameters.properties ?? {}).map(([field, schema]) => ({ field, about: `${field} ${schema?.description ?? ""}` }));
  const ofName = terms(name);
  const vocabulary = new Set([...ofName, ...terms(`${description} ${about.join(" ")}`)]);
  let source = new Source(clause);
  ...
}
