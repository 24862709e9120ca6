/** What each tool states about itself, as its `metadata`. */

export interface ToolMetadata extends Record<string, unknown> {
  /** What a call does: it looks something up, changes something of the user's, or acts on the outside world. */
  readonly effect: "read" | "write" | "external";
}
