/** Measures a row on all servers in turn (a b c a b c), so that a busy moment of the machine hits each alike. */
import type { Pace } from "./options.ts";
import type { Figure, Row } from "./rows/row.ts";
import { median } from "./statistics.ts";
import type { RunningServer, Subject, SubjectName } from "./subjects/subject.ts";

/** One figure of one server: what each round gave, and the round in the middle. */
export interface Series {
  readonly median: number;
  readonly rounds: readonly number[];
  /** The median as a multiple of the floor's. */
  readonly timesFloor: number;
}

export interface FigureResult extends Figure {
  readonly series: Readonly<Record<SubjectName, Series>>;
}

export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly FigureResult[];
}

export interface Candidate {
  readonly subject: Subject;
  readonly server: RunningServer;
}

/** @param progress is told what is being measured at the moment */
export async function measureRow(
  row: Row,
  candidates: readonly Candidate[],
  pace: Pace,
  progress: (text: string) => void,
): Promise<RowResult> {
  const rounds = new Map<SubjectName, Record<string, number>[]>();
  for (const candidate of candidates) {
    progress(`${row.name}: warming up ${candidate.subject.name}`);
    await row.measure({ ...candidate, ms: pace.warmUpMs });
    rounds.set(candidate.subject.name, []);
  }
  for (let round = 1; round <= pace.rounds; round += 1) {
    for (const candidate of candidates) {
      progress(`${row.name}: round ${round} of ${pace.rounds}, ${candidate.subject.name}`);
      rounds.get(candidate.subject.name)?.push(await row.measure({ ...candidate, ms: pace.roundMs }));
    }
  }
  const valuesOf = (subject: SubjectName, figure: string) =>
    (rounds.get(subject) ?? []).map((round) => round[figure] ?? Number.NaN);
  return {
    name: row.name,
    title: row.title,
    figures: row.figures.map((figure) => {
      const floor = median(valuesOf("floor", figure.name));
      const seriesOf = (subject: SubjectName): Series => {
        const values = valuesOf(subject, figure.name);
        return { median: median(values), rounds: values, timesFloor: median(values) / floor };
      };
      return {
        ...figure,
        series: { floor: seriesOf("floor"), sqlite: seriesOf("sqlite"), postgres: seriesOf("postgres") },
      };
    }),
  };
}
