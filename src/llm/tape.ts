/** What MODEL says of a cassette: `record:FILE`, `record:FILE,provider:name`, `replay:FILE`. */
import { type Cassette, readCassette } from "./cassette.ts";
import { openRecording, type Recording } from "./recorder.ts";

/** A cassette in use. `model`: the one that calls are of, unless an assistant names another. */
export type Tape =
  | {
      readonly mode: "record";
      readonly file: string;
      readonly model: string | undefined;
      readonly recording: Recording;
    }
  | { readonly mode: "replay"; readonly file: string; readonly model: string; readonly cassette: Cassette };

/** What the model of a stored thread is called, which is in no entry of its cassette. */
export const threadModel = "thread";

/**
 * Opens the cassette that a setting names, if it names one.
 * @throws SignalboxError "invalid-configuration" for a cassette to replay that cannot be read
 */
export function openTape(setting: string | undefined): Tape | undefined {
  const {
    mode,
    file = "",
    model,
  } = /^(?<mode>record|replay):(?<file>[^,]+)(?:,(?<model>.+))?$/.exec(setting ?? "")?.groups ?? {};
  if (mode === "record") return { mode, file, model, recording: openRecording(file) };
  if (mode !== "replay") return undefined;
  const cassette = readCassette(file);
  const recorded = cassette.entries.find((entry) => "key" in entry);
  return { mode, file, model: model ?? recorded?.model ?? threadModel, cassette };
}
