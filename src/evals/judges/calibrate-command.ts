/** `signalbox eval calibrate PROMPT LABELS`: how far a judge agrees with people. */
import type { Outcome } from "../commands/outcome.ts";
import { loadDataset } from "../dataset/dataset.ts";
import { problemText } from "../reports/words.ts";
import { calibrate, labelled } from "./calibration.ts";
import { calibrationReport } from "./calibration-report.ts";
import { rubric } from "./rubric.ts";

/**
 * Exits with 3 where the judge failed on an answer, the labels cannot all be read, or nothing was judged.
 * @param prompt the file of a rubric's prompt
 * @param labels a dataset whose items have `metadata.output` and `metadata.label`
 * @throws SignalboxError "invalid-configuration" for a prompt, "invalid-dataset" for a label that cannot be used
 */
export async function calibrateCommand(prompt: string, labels: string, signal: AbortSignal): Promise<Outcome> {
  const { items, problems } = await loadDataset(labels);
  const judge = rubric({ prompt });
  const calibration = await calibrate(judge, labelled(items), signal);
  const text = [...problems.map(problemText), calibrationReport(calibration).trimEnd()].join("\n");
  const isSound = problems.length === 0 && calibration.errors.length === 0 && calibration.judged > 0;
  return { text, json: { ...calibration, problems }, exitCode: isSound ? 0 : 3 };
}
