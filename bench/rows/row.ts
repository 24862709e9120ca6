/** A row of the bench: one kind of load, and the figures that are read from it. */
import type { RunningServer, Subject, SubjectName } from "../subjects/subject.ts";

export interface Goal {
  /** Where the goal comes from: the bar of an issue, or the project's performance targets. */
  readonly by: "part 1" | "part 4" | "targets";
  /** Bounds, in the figure's unit. */
  readonly bounds: Partial<Record<Exclude<SubjectName, "floor">, number>>;
}

export interface Figure {
  readonly name: string;
  readonly unit: "ms" | "runs/s" | "tokens/s" | "MB" | "%";
  readonly better: "less" | "more";
  readonly goals: readonly Goal[];
}

export interface Round {
  readonly subject: Subject;
  /** Started before the first round, and warm. */
  readonly server: RunningServer;
  /** How long to load it. */
  readonly ms: number;
}

export interface Row<Name extends string = string> {
  /** For --only. */
  readonly name: string;
  readonly title: string;
  readonly figures: readonly (Figure & { readonly name: Name })[];
  /** Measures once: a value for each figure, by its name. @throws Error where a server gives a wrong answer */
  measure(round: Round): Promise<Record<Name, number>>;
}
