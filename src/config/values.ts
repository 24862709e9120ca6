/** The kinds of values that settings have, and how the secret ones are kept out of sight. */
import { resolve } from "node:path";
import { inspect } from "node:util";
import { z } from "zod";

export type DatabaseSettings =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string };

export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));

export const httpUrl = z
  .url({ protocol: /^https?$/ })
  .optional()
  .describe("an http or https URL");

export const onOrOff = z
  .enum(["on", "off"])
  .default("off")
  .transform((word) => word === "on")
  .describe("on or off");

export const listOf = (entry: RegExp) =>
  z
    .string()
    .transform((list) => list.split(",").map((name) => name.trim().toLowerCase()))
    .pipe(z.array(z.string().regex(entry)));

export const databaseUrl = z.string().transform((url, context): DatabaseSettings => {
  if (/^sqlite:./.test(url)) return { kind: "sqlite", path: url.slice("sqlite:".length) };
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return concealing({ kind: "postgres", url }, "url");
  context.addIssue("neither");
  return z.NEVER;
});

/** As far as their names tell: on one Postgres server, a schema of its own does not make another database. */
export function isSameDatabase(one: DatabaseSettings, other: DatabaseSettings | undefined): boolean {
  if (one.kind === "sqlite") return other?.kind === "sqlite" && resolve(one.path) === resolve(other.path);
  if (other?.kind !== "postgres") return false;
  const [place, otherPlace] = [one, other].map(({ url }) => new URL(url)).map(({ host, pathname }) => host + pathname);
  return place === otherPlace;
}

export const apiKeys = z.string().transform((list, context) => {
  const pairs = list.split(",").flatMap((entry) => {
    const [, owner, key] = /^\s*([A-Za-z0-9_-]{1,64}):([^\s,]{8,})\s*$/.exec(entry) ?? [];
    if (owner && key) return [concealing({ owner, key }, "key")];
    context.addIssue("not name:key");
    return [];
  });
  const owners = new Set(pairs.map((pair) => pair.owner));
  const keys = new Set(pairs.map((pair) => pair.key));
  if (owners.size < pairs.length || keys.size < pairs.length) context.addIssue("not unique");
  return pairs;
});

/** A frozen copy whose `secrets` are read as usual, but shown neither as JSON nor by util.inspect; nor are copies of it. */
export function concealing<Fields extends object>(fields: Fields, ...secrets: (keyof Fields)[]): Readonly<Fields> {
  const isSecret = (name: string) => secrets.some((secret) => secret === name);
  function shown(this: Fields): object {
    const entries = Object.entries(this).filter(([name]) => name !== "toJSON");
    return Object.fromEntries(entries.map(([name, value]) => [name, value && isSecret(name) ? "[secret]" : value]));
  }
  return Object.freeze({ ...fields, toJSON: shown, [inspect.custom]: shown });
}
