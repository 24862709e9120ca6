/** What is measured: a server that can be started as a process of its own, any number of times. */

export const subjectNames = ["floor", "sqlite", "postgres"] as const;
export type SubjectName = (typeof subjectNames)[number];

export interface Subject {
  readonly name: SubjectName;
  /** What its results survive, in one line. */
  readonly durability: string;
  /** Starts a server on an empty database. */
  launch(): Promise<RunningServer>;
  /** The same, but it sends a trace of each run to a receiver that takes it at once; the floor has no tracing. */
  launchTraced(): Promise<RunningServer>;
}

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to the first answer on /ok, in ms. */
  readonly startMs: number;
  stop(): Promise<void>;
}
