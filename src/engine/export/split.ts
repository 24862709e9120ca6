/** Which of an export's files an example goes to: by its thread, so that no conversation is in two. */
import { createHash } from "node:crypto";

export type Split = "train" | "validation";

/** Of the threads, in the long run. */
const validationShare = 0.1;

/** The same for a thread in every export. */
export function splitOf(threadId: string): Split {
  const share = createHash("sha256").update(threadId).digest().readUInt32BE() / 2 ** 32;
  return share < validationShare ? "validation" : "train";
}
