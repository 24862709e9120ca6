/** What a bench run leaves behind is nothing: its one folder and its processes go with it, however it ends. */
import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Workspace {
  /** For databases: on a disk, as a user's would be. Others may look into it, which Postgres needs. */
  readonly folder: string;
  /** Ends the process with this one. */
  adopt(child: ChildProcess): void;
}

export async function openWorkspace(): Promise<Workspace> {
  // Root's own temporary folder may be closed to others, and Postgres does not run as root.
  const parent = process.getuid?.() === 0 ? "/tmp" : tmpdir();
  const folder = await mkdtemp(join(parent, "signalbox-bench-"));
  await chmod(folder, 0o755);
  const children = new Set<ChildProcess>();
  process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));
  process.once("exit", () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    folder,
    adopt(child) {
      children.add(child);
      child.once("exit", () => children.delete(child));
    },
  };
}
