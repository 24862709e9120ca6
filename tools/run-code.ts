/** Runs a program in JavaScript that can compute, and do nothing else: no files, no network, no processes. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import type { ToolMetadata } from "./metadata.ts";
import type { Outcome } from "./run-code-process.ts";
import { askProcess } from "./shared/separate-process.ts";

const longestProgram = 20_000;
/** The engine stops a program after two seconds and at 64 MiB itself; this is for when it cannot. */
const limits = { memoryMiB: 128, limitMs: 6_000 };

export const runCode = tool(({ program }, { signal }) => run(program, signal), {
  name: "run_code",
  description:
    "Runs a JavaScript program in a sandbox, for what is to be computed or transformed exactly. It gives what " +
    "console.log prints and the value of the last expression. There are no files, no network and no packages.",
  schema: z.object({
    program: z.string().min(1).max(longestProgram).describe("The program's whole text, with all the data it needs."),
  }),
  metadata: { effect: "read", egress: false, taints: false } satisfies ToolMetadata,
});

async function run(program: string, signal: AbortSignal | undefined): Promise<string> {
  const path = fileURLToPath(new URL(`run-code-process${extname(import.meta.url)}`, import.meta.url));
  try {
    const { printed, value } = (await askProcess(path, program, { ...limits, signal })) as Outcome;
    return `${printed}\n${value}`.trim();
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The program failed: ${reason}`, { cause: error });
  }
}
