/** Runs as tasks for Label Studio: the labelling interface, the tasks with what is known already, and the way back. */
import { z } from "zod";
import type { NewFeedback } from "../contract.ts";
import { correctedText } from "./chat.ts";
import type { JudgedRun } from "./conversations.ts";
import { annotationSource, type Verdict } from "./verdict.ts";

const annotationKey = "annotation";

/** To be pasted into a project's labelling setup; the names in it are those of tasks and annotations. */
export const labellingConfig = `<View>
  <Paragraphs name="conversation" value="$messages" layout="dialogue" nameKey="role" textKey="content"/>
  <Header value="Is the last answer good?"/>
  <Choices name="verdict" toName="conversation" choice="single-radio" required="true">
    <Choice value="good"/>
    <Choice value="bad"/>
  </Choices>
  <Header value="What should the answer have been?"/>
  <TextArea name="correction" toName="conversation" rows="8" editable="true" maxSubmissions="1"/>
  <Header value="Why?"/>
  <TextArea name="comment" toName="conversation" rows="2" editable="true" maxSubmissions="1"/>
</View>
`;

/** A task: the conversation, and people's feedback so far as a prediction to start from. */
export function toTask(run: JudgedRun, { corrected, opinion }: Verdict): object {
  const { owner, thread_id, run_id, graph_id, prompt, answer } = run;
  const messages = [...prompt, { role: "assistant", content: answer }].map(({ role, content, ...calls }) => ({
    role,
    content: content || JSON.stringify(calls),
  }));
  const comment = run.feedback.findLast((feedback) => feedback.comment)?.comment;
  const result = [
    ...(opinion === "good" || opinion === "bad" ? [choice(opinion)] : []),
    ...(corrected === undefined ? [] : [textArea("correction", corrected)]),
    ...(comment ? [textArea("comment", comment)] : []),
  ];
  return {
    data: { owner, thread_id, run_id, graph_id, messages },
    ...(result.length > 0 && { predictions: [{ model_version: "signalbox-feedback", result }] }),
  };
}

function choice(value: string): object {
  return { id: "verdict", from_name: "verdict", to_name: "conversation", type: "choices", value: { choices: [value] } };
}

function textArea(name: string, text: string): object {
  return { id: name, from_name: name, to_name: "conversation", type: "textarea", value: { text: [text] } };
}

const Result = z.looseObject({
  from_name: z.string(),
  value: z.looseObject({
    choices: z.array(z.string()).optional(),
    text: z.union([z.string(), z.array(z.string())]).optional(),
  }),
});
const Annotation = z.looseObject({
  id: z.union([z.string(), z.number()]),
  was_cancelled: z.boolean().nullish(),
  result: z.array(z.unknown()),
});
const Task = z.looseObject({
  data: z.looseObject({ owner: z.string(), run_id: z.string(), messages: z.array(z.unknown()).optional() }),
  annotations: z.array(Annotation),
});

/** Label Studio's JSON export (not JSON-MIN). */
export const AnnotatedTasks = z.array(z.unknown());

/** One annotator's verdict on a run. */
export interface AnnotatedRun {
  readonly owner: string;
  readonly run_id: string;
  /** Of the annotation: with it the same one, read twice, is there once. */
  readonly annotation: string;
  readonly feedback: Pick<NewFeedback, "key" | "source" | "score" | "comment" | "correction">;
}

/**
 * The annotations of one task of an export; those that were skipped, or say nothing, are left out.
 * @returns undefined where the task is not one of ours
 */
export function readTask(task: unknown): AnnotatedRun[] | undefined {
  const { data: parsed } = Task.safeParse(task);
  if (!parsed) return undefined;
  const { owner, run_id, messages = [] } = parsed.data;
  const shown = correctedText(messages.at(-1) ?? "").trim();
  return parsed.annotations.flatMap((annotation): AnnotatedRun[] => {
    if (annotation.was_cancelled) return [];
    const said = new Map(
      annotation.result.flatMap((entry) => {
        const { data: result } = Result.safeParse(entry);
        const words = result && [result.value.choices ?? result.value.text ?? []].flat().join("\n").trim();
        return words ? [[result.from_name, words] as const] : [];
      }),
    );
    const [verdict, comment, correction] = ["verdict", "comment", "correction"].map((name) => said.get(name));
    const feedback = {
      ...(verdict !== undefined && { score: verdict === "good" || verdict === "bad" ? verdict === "good" : verdict }),
      ...(comment !== undefined && { comment }),
      // An answer that was only looked at, in the field where it could have been changed, is not corrected.
      ...(correction !== undefined && correction !== shown && { correction }),
    };
    if (Object.keys(feedback).length === 0) return [];
    const origin = { key: annotationKey, source: annotationSource };
    return [{ owner, run_id, annotation: String(annotation.id), feedback: { ...origin, ...feedback } }];
  });
}
