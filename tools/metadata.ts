/** What each tool states about itself, as its `metadata`. */

export interface ToolMetadata extends Record<string, unknown> {
  /** What a call does: it looks something up, changes something of the user's, or acts on the outside world. */
  readonly effect: "read" | "write" | "external";
  /** False where no argument of a call leaves this machine; supposed of no other tool. */
  readonly egress?: false;
  /** False where a result holds nothing that strangers may have written; supposed of no other tool. */
  readonly taints?: false;
}
