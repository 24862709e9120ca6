/** /ok and /info: the two routes that need no key, asked by clients and probes before anything else. */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { z } from "zod";
import { type Route, route } from "../route.ts";

/** The version of the platform's API that this server speaks; Studio wants to see one, and not too old. */
const apiVersion = "0.7.0";

/** Signalbox's own version. */
export const serverVersion = versionOf(findPackageJSON("..", import.meta.url));

const info = {
  version: apiVersion,
  langgraph_js_version: versionOf(findPackageJSON("@langchain/langgraph", import.meta.url)),
  context: "js",
  flags: { assistants: true, crons: false, langsmith: false },
  metadata: { server: "signalbox", server_version: serverVersion },
};

const infoResult = z.object({
  version: z.string(),
  langgraph_js_version: z.string(),
  context: z.literal("js"),
  flags: z.record(z.string(), z.boolean()),
  metadata: z.record(z.string(), z.string()),
});

/** What /info says of this server. */
export const infoRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/ok",
    summary: "Answer while the server is up; needs no key.",
    open: true,
    gives: z.object({ ok: z.literal(true) }),
    answer: async () => ({ body: { ok: true } }),
  }),
  route({
    method: "get",
    path: "/info",
    summary: "Read the server's version and features; needs no key.",
    open: true,
    gives: infoResult,
    answer: async () => ({ body: info }),
  }),
];

function versionOf(packageFile: string | undefined): string {
  if (packageFile === undefined) throw new Error("A package's package.json is not where Node looks for it");
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile, "utf8"))).version;
}
