/** Which code a run measured. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** @returns "nocommit" where the folder is in no git repository; `dirty` where files differ from the commit */
export async function codeState(folder: string): Promise<{ commit: string; dirty: boolean }> {
  const git = async (...words: string[]) => (await promisify(execFile)("git", words, { cwd: folder })).stdout.trim();
  try {
    const commit = await git("rev-parse", "--short", "HEAD");
    return { commit, dirty: (await git("status", "--porcelain")) !== "" };
  } catch {
    return { commit: "nocommit", dirty: false };
  }
}
