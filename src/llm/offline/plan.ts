/** Which tools a question calls for, and with what: each clause goes to the tool that speaks most of what it is about. */
import { fill, list, record } from "./fill.ts";
import { clauses, isQuestion, terms, words } from "./text.ts";
import { kindAskedFor, Source, withSigns } from "./values.ts";

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** A JSON schema. */
  readonly parameters: unknown;
}

export interface Call {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const mostCalls = 16;

/** The calls that answer `question`: none whose required arguments it does not have. */
export function planCalls(question: string, tools: readonly Tool[]): Call[] {
  const readers = tools.map(reader);
  const asked = readers.map((): string[] => []);
  for (const clause of clauses(question)) {
    const shares = readers.map(({ share }) => share(clause));
    const most = Math.max(...shares);
    if (most >= (isQuestion(clause) ? 0.5 : 0.75)) asked[shares.indexOf(most)]?.push(clause);
  }
  const calls = readers.flatMap(({ calls }, index) =>
    asked[index]?.length ? calls(asked[index].join(" "), question) : [],
  );
  return calls.slice(0, mostCalls);
}

/** The call of the tool that fits best, even if the question has nothing that it needs. */
export function forcedCall(question: string, tools: readonly Tool[]): Call[] {
  const shares = tools.map((tool) => reader(tool).share(question));
  const tool = tools[shares.indexOf(Math.max(...shares))];
  return tool
    ? [{ name: tool.name, args: fill(tool.parameters, new Source(question), reader(tool).vocabulary).value }]
    : [];
}

function reader({ name, description, parameters }: Tool) {
  const { properties, required } = record(parameters);
  const fields = Object.entries(record(properties)).map(([field, schema]) => {
    const about = `${words(field).join(" ")} ${record(schema).description ?? ""}`;
    return { about, kind: kindAskedFor(about), required: list(required).includes(field) };
  });
  const nameTerms = new Set(terms(name));
  const vocabulary = new Set([...nameTerms, ...terms([description, ...fields.map(({ about }) => about)].join(" "))]);
  return { share, calls, vocabulary };

  /** The share of the clause's terms that the tool speaks of; its name counts twice, a value that it must have thrice. */
  function share(clause: string): number {
    const source = new Source(clause);
    const demanded = fields.flatMap((field) => (field.required && field.kind ? source.free(field.kind) : []));
    const inValues = new Set(demanded.flatMap(({ is }) => terms(String(is))));
    const weigh = (term: string) => (inValues.has(term) ? 3 : nameTerms.has(term) ? 2 : vocabulary.has(term) ? 1 : 0);
    const weights: number[] = terms(withSigns(clause)).map(weigh);
    const sum = (all: number[]) => all.reduce((total, each) => total + each, 0);
    return sum(weights) / Math.max(1, sum(weights.map((weight) => Math.max(1, weight))));
  }

  /** One call, and one more for each further value of a kind that the tool asks for: the time "in Tokyo and in Paris". */
  function calls(clause: string, question: string): Call[] {
    const said = [clause, question]
      .map((text) => new Source(text))
      .map((source) => ({ source, filled: fill(parameters, source, vocabulary) }));
    const first = said.find(({ filled }) => filled.found);
    if (!first) return [];
    const found = [{ name, args: first.filled.value }];
    while (found.length < mostCalls && fields.some(({ kind }) => kind && first.source.free(kind).length > 0)) {
      found.push({ name, args: fill(parameters, first.source, vocabulary).value });
    }
    return found;
  }
}
