/** Starts a server as a child process and finds it ready. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Workspace } from "../workspace.ts";
import type { RunningServer } from "./subject.ts";

/** A server drains for at most this long, in ms. */
const stopMs = 20_000;

/**
 * Runs this Node with `words`, and resolves when the server has answered on /ok. The child gets no environment but
 * the one that is given: nothing of the developer's own settings is measured.
 * @throws Error with what it wrote to stderr, where it ends before it listens
 */
export async function launchServer(
  workspace: Workspace,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const started = performance.now();
  const child = spawn(process.execPath, [...words], {
    env: { ...environment },
    cwd: workspace.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  workspace.adopt(child);
  const url = await listeningAt(child);
  const ok = await fetch(`${url}/ok`);
  await ok.arrayBuffer();
  const startMs = performance.now() - started;
  if (!ok.ok || child.pid === undefined) throw new Error(`${words.join(" ")}: /ok answered ${ok.status}.`);
  return { url, pid: child.pid, startMs, stop: () => stop(child) };
}

/** The URL in the line on stdout that says where the server listens. */
function listeningAt(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    let problems = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const [, url] = /listens on (http:\/\/127\.0\.0\.1:\d+)\b.*\n/.exec(output) ?? [];
      if (url) resolve(url);
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      problems = (problems + text).slice(-4_000);
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new Error(`${child.spawnargs.join(" ")} ended with ${code}.\n${output}${problems}`)),
    );
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const late = setTimeout(() => child.kill("SIGKILL"), stopMs);
  child.kill("SIGTERM");
  await exited;
  clearTimeout(late);
}
