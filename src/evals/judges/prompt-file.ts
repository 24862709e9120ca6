/** A judge's prompt: a Markdown file with front matter, known by its name and the hash of its text. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { SignalboxError } from "../../errors.ts";

const Shown = z.enum(["input", "output", "expected", "tools"]);
const common = {
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  description: z.string(),
};
const Rubric = z
  .strictObject({
    ...common,
    kind: z.literal("rubric"),
    shows: z.array(Shown).min(1),
    scale: z.tuple([z.int(), z.int()]).refine(([lowest, highest]) => lowest < highest, "from lower to higher"),
    pass: z.int(),
  })
  .refine(({ scale: [lowest, highest], pass }) => pass > lowest && pass <= highest, "pass lies outside the scale");
const Pairwise = z.strictObject({ ...common, kind: z.literal("pairwise") });

interface Versioned {
  /** `name@` and the first 12 hex digits of the file's SHA-256: a changed word is another judge. */
  readonly version: string;
  /** What stands behind the front matter: the system message. */
  readonly instructions: string;
}
/** A judge that gives a whole number on a scale. */
export type RubricPrompt = z.infer<typeof Rubric> & Versioned;
/** A judge that says which of two answers is better. */
export type PairwisePrompt = z.infer<typeof Pairwise> & Versioned;

/**
 * Reads `name`, `description`, `kind: rubric`, `scale: [lowest, highest]`, `pass` (the lowest number that passes) and
 * `shows` (of input, output, expected, tools: what the judge gets to see), and the instructions behind them.
 * @throws SignalboxError "invalid-configuration" that names the file and what is wrong in it
 */
export function rubricPrompt(file: string | URL): RubricPrompt {
  return read(file, Rubric);
}

/** The same for `kind: pairwise`, which has neither `scale`, `pass` nor `shows`. */
export function pairwisePrompt(file: string | URL): PairwisePrompt {
  return read(file, Pairwise);
}

function read<Settings extends object>(file: string | URL, schema: z.ZodType<Settings>): Settings & Versioned {
  // Line ends are not part of the version: git writes them differently on different systems.
  const text = textOf(file).replaceAll("\r\n", "\n");
  const [, front, body = ""] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? [];
  if (front === undefined) throw wrong(file, "it has to begin with front matter between two lines of ---");
  const settings = schema.safeParse(frontMatter(file, front));
  if (!settings.success) throw wrong(file, z.prettifyError(settings.error));
  if (body.trim() === "") throw wrong(file, "there are no instructions behind the front matter");
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const name = "name" in settings.data ? String(settings.data.name) : "judge";
  return { ...settings.data, version: `${name}@${hash}`, instructions: body.trim() };
}

function textOf(file: string | URL): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw wrong(file, error instanceof Error ? error.message : String(error));
  }
}

function frontMatter(file: string | URL, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw wrong(file, error instanceof Error ? error.message : String(error));
  }
}

function wrong(file: string | URL, reason: string): SignalboxError {
  return new SignalboxError("invalid-configuration", `The judge prompt ${file} cannot be used: ${reason}`);
}
