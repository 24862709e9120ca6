/** The command line, as a process of its own: what it prints, how it ends, and what signals do to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const command = fileURLToPath(new URL("../src/cli.ts", import.meta.url));
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}/langgraph.json`, import.meta.url));

/** Tests run with empty settings, and an empty variable still wins over a project's env. */
const ownSettings = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));

interface Started {
  process: ChildProcess;
  /** Resolves with what was printed so far on stdout, once this is part of it. */
  printed(text: string): Promise<string>;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Starts the command in an empty folder, with the test's settings and these. */
async function signalbox(
  words: readonly string[],
  environment: Record<string, string> = {},
  { flags = [], stderr = "pipe" }: { flags?: string[]; stderr?: "pipe" | number } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-cli-"));
  const child = spawn(process.execPath, [...flags, command, ...words], {
    cwd: folder,
    env: { ...ownSettings, ...environment },
    stdio: ["ignore", "pipe", stderr],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });
  const output = { stdout: "", stderr: "" };
  const { stdout } = child;
  if (stdout === null) throw new Error("The command's stdout is a pipe.");
  stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const ended = once(child, "close").then(([code]) => ({ code, ...output }));
  const started: Started = {
    process: child,
    ended,
    async printed(text) {
      while (!output.stdout.includes(text)) {
        const next = await Promise.race([once(stdout, "data"), ended]);
        if (!Array.isArray(next) && !output.stdout.includes(text)) throw new Error(`It ended: ${output.stderr}`);
      }
      return output.stdout;
    },
  };
  return started;
}

/** Runs the command to its end. */
async function run(...given: Parameters<typeof signalbox>) {
  return (await signalbox(...given)).ended;
}

/** The address that a started server says it listens on. */
async function addressOf(server: Started): Promise<string> {
  const [, url = ""] = /listens on (\S+)/.exec(await server.printed("Graphs:")) ?? [];
  return url;
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** A port of this machine that is taken until the test ends. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The port is unknown.");
  return address.port;
}

describe("The command line", () => {
  test.each([["--help"], ["-h"], ["help"]])("explains itself with %s", async (word) => {
    const { code, stdout } = await run([word]);
    expect(stdout).toContain("Usage: signalbox");
    expect(stdout).toContain("start [options]");
    expect(code).toBe(0);
  });

  test("says its version", async () => {
    const { code, stdout } = await run(["--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(code).toBe(0);
  });

  test.each([
    ["an unknown command", ["strat"], "unknown command 'strat'"],
    ["an unknown option", ["start", "--bogus"], "unknown option '--bogus'"],
    ["an option of no command", ["--bogus"], "unknown option '--bogus'"],
    ["a port that is none", ["--port", "eighty"], "Expected a whole number from 0 to 65535"],
    ["a port that is too high", ["--port", "65536"], "Expected a whole number from 0 to 65535"],
    ["a word too many", ["start", "now"], "too many arguments"],
  ])("ends with 64 for %s", async (_, words, expected) => {
    const { code, stdout, stderr } = await run(words);
    expect(stderr).toContain(expected);
    expect(stdout).toBe("");
    expect(code).toBe(64);
  });

  test("refuses an older Node in one line", async () => {
    const older = 'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "22.19.0" })';
    const { code, stderr } = await run(["--version"], {}, { flags: ["--import", older] });
    expect(stderr).toMatch(/^Signalbox needs Node 24 or newer.*\n$/);
    expect(code).toBe(1);
  });
});

describe("A start that cannot be", () => {
  test.each([
    [
      "no langgraph.json",
      ["start"],
      {},
      "langgraph.json does not exist: name a project's langgraph.json with --config",
    ],
    ["a wrong setting", ["--config", fixture("engine")], { LOG_LEVEL: "loud" }, 'LOG_LEVEL is "loud"; allowed: one of'],
    ["an open address", ["--config", fixture("engine"), "--host", "0.0.0.0"], {}, "HOST is 0.0.0.0"],
    // Node's own recursive mkdir never returned from there.
    [
      "a folder that cannot be made",
      ["--config", fixture("engine"), "--database", "sqlite:/proc/signalbox/here.db"],
      {},
      "Cannot open the SQLite database /proc/signalbox/here.db",
    ],
    ["a strange database", ["--config", fixture("engine"), "--database", "mysql://x"], {}, "DATABASE_URL is wrong"],
  ])("because of %s ends in one line, without a stack", async (_, words, environment, expected) => {
    const { code, stdout, stderr } = await run(words, environment);
    expect(stderr).toContain(expected);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });

  test("because another server has the database is refused", async () => {
    const folder = await mkdtemp(join(tmpdir(), "signalbox-cli-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const database = `sqlite:${join(folder, "shared.db")}`;
    const words = ["--config", fixture("engine"), "--port", "0", "--database", database];
    const first = await signalbox(words);
    await first.printed("listens on");
    const { code, stderr } = await run(words);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });
});

describe("A start", () => {
  test("says where it listens, with which model, database and graphs", async () => {
    const server = await signalbox(["start", "--config", fixture("broken"), "--port", "0"]);
    const printed = await server.printed("missing-package.ts:2");
    const [, url] = /Signalbox listens on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(printed) ?? [];
    expect(printed).toContain(
      `Routes: ${url}/docs. LangGraph Studio: https://smith.langchain.com/studio/?baseUrl=${url}\n`,
    );
    expect(printed).toContain("Model: offline");
    expect(printed).toContain("Database: SQLite, .signalbox/signalbox.db");
    expect(printed).toContain("Graphs: good, ");
    expect(printed).toContain("Graph throws could not be loaded: throws.ts:6: SERVICE_KEY is not set");
  });

  test("needs no command", async () => {
    const server = await signalbox(["--config", fixture("functions"), "--port", "0"]);
    expect(await server.printed("checkpointer")).toContain("listens on http://127.0.0.1:");
  });

  test("on a taken port takes the next one and says so", async () => {
    const port = await takenPort();
    const server = await signalbox(["--config", fixture("engine"), "--port", `${port}`]);
    const printed = await server.printed("listens on");
    const [, found = ""] = /listens on http:\/\/127\.0\.0\.1:(\d+) \(port (\d+) is taken\)/.exec(printed) ?? [];
    expect(Number(found)).toBeGreaterThan(port);
    expect((await fetch(`http://127.0.0.1:${found}/ok`)).status).toBe(200);
  });

  test("answers on IPv6 with an address that works", async () => {
    const server = await signalbox(["--config", fixture("engine"), "--port", "0", "--host", "::1"]);
    expect((await fetch(`${await addressOf(server)}/ok`)).status).toBe(200);
  });

  test("takes a project's env for its settings", async () => {
    const server = await signalbox(["--config", fixture("environment-settings"), "--port", "0"]);
    expect(await server.printed("Database: ")).toContain("Database: SQLite, of-the-project.db");
  });

  test("shows no password of its database", async () => {
    const { stdout, stderr } = await run(["--config", fixture("engine")], {
      DATABASE_URL: "postgres://me:canary@127.0.0.1:1/none",
    });
    expect(stdout + stderr).not.toContain("canary");
  });
});

describe("A running server", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("drains on %s and ends with 0", async (signal) => {
    const server = await signalbox(["--config", fixture("engine"), "--port", "0"]);
    await server.printed("Graphs:");
    server.process.kill(signal);
    expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("answers what it has accepted before it ends", async () => {
    const server = await signalbox(["--config", fixture("engine"), "--port", "0"]);
    const input = { messages: [{ role: "user", content: "hello" }] };
    const answer = await post(`${await addressOf(server)}/runs/wait`, { assistant_id: "echo", input });
    server.process.kill("SIGTERM");
    expect(await answer.text()).toContain("hello");
    expect((await server.ended).code).toBe(0);
  });

  test("takes a Ctrl+C that npm has passed on for the same one", async () => {
    // The second one comes at once, from within: from here it could be too late.
    const npm = 'data:text/javascript,process.once("SIGINT", () => process.kill(process.pid, "SIGINT"))';
    const server = await signalbox(["--config", fixture("engine"), "--port", "0"], {}, { flags: ["--import", npm] });
    await server.printed("Graphs:");
    server.process.kill("SIGINT");
    expect((await server.ended).code).toBe(0);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("ends on a second %s, whatever still runs", async (signal, code) => {
    const server = await signalbox(["--config", fixture("engine"), "--port", "0"]);
    const input = { messages: [{ role: "user", content: "hello" }] };
    const body = { assistant_id: "gate", input, stream_mode: ["updates"] };
    const response = await post(`${await addressOf(server)}/runs/stream`, body);
    let events = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      events += chunk;
      if (events.includes("event: updates")) break;
    }
    const again = setInterval(() => server.process.kill(signal), 100);
    onTestFinished(() => clearInterval(again));
    expect((await server.ended).code).toBe(code);
  });
});

describe("A reader that is gone", () => {
  test("of what a server prints does not end it, nor its drain", async () => {
    const server = await signalbox(["--config", fixture("engine"), "--port", "0"]);
    const url = await addressOf(server);
    const { stdout } = server.process;
    stdout?.destroy();
    if (stdout && !stdout.closed) await once(stdout, "close");
    expect((await fetch(`${url}/ok`)).status).toBe(200);
    server.process.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("of its log does not end it", async () => {
    // Writing to a file that is open for reading fails, as on a full disk.
    const unwritable = await open(command, "r");
    onTestFinished(() => unwritable.close());
    const words = ["--config", fixture("engine"), "--port", "0"];
    const server = await signalbox(words, { LOG_LEVEL: "debug" }, { stderr: unwritable.fd });
    const url = await addressOf(server);
    const body = { assistant_id: "fail", input: { messages: [{ role: "user", content: "hello" }] } };
    for (const _ of [1, 2]) expect((await post(`${url}/runs/wait`, body)).status).toBe(200);
    server.process.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
  });
});

test("A command whose output cannot be written says so in one line", async () => {
  const unwritable = await open(command, "r");
  onTestFinished(() => unwritable.close());
  const child = spawn(process.execPath, [command, "--version"], { stdio: ["ignore", unwritable.fd, "pipe"] });
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^The output cannot be written: .*\n$/) });
});

test("A graph that lets a promise fail unobserved takes nobody else down, and is logged", async () => {
  const server = await signalbox(["--config", fixture("functions"), "--port", "0"], { LOG_LEVEL: "error" });
  const url = await addressOf(server);
  for (const _ of [1, 2]) {
    const answer = await post(`${url}/runs/wait`, { assistant_id: "careless", input: { messages: [] } });
    expect(await answer.json()).toMatchObject({ said: "careless" });
  }
  server.process.kill("SIGTERM");
  const { code, stderr } = await server.ended;
  expect(stderr).toContain("nobody looks");
  expect(code).toBe(0);
});

describe("A request that Node's parser refuses", () => {
  test("is answered with 431 for headers over the limit", async () => {
    const server = await signalbox(["--config", fixture("engine"), "--port", "0"]);
    const answer = await fetch(`${await addressOf(server)}/ok`, { headers: { "x-long": "a".repeat(20_000) } });
    expect(answer.status).toBe(431);
    expect(await answer.text()).toContain("over 16384 bytes");
  });
});
