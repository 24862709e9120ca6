/**
 * What a graph's input must pass before a model reads it: no attempt to overrule its instructions, nothing of a
 * forbidden topic, and personal data only as the policy has it. (Its length is for messages.ts.)
 *
 * The patterns find what is said plainly, in the languages listed. They are a first fence and no proof: what protects
 * the user's data is that a tainted thread asks before it acts (taint.ts), and what may be shown (output-guard.ts).
 */
import { z } from "zod";
import { maskPersonalData } from "../../src/masking.ts";
import type { Outcome } from "./outcome.ts";
import { fold } from "./terms.ts";

/** Part of a graph's context schema. */
export const GuardContext = z.object({
  pii: z
    .enum(["allow", "mask", "refuse"])
    .default("mask")
    .describe(
      "Personal data (mail addresses, phone, card and account numbers): allow it, mask it before the model reads it and " +
        "in what is shown, or refuse messages that hold some. Keys and passwords are always masked in what is shown.",
    ),
  forbidden: z
    .array(z.string().trim().min(1).max(200))
    .max(200)
    .default([])
    .describe("Words and phrases: a message with one of them is blocked, a sentence of an answer left out."),
  grounding: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("The share of a sentence's terms that its source must have, 0 to 1; 0 lets all sentences pass."),
});
export type GuardContext = z.infer<typeof GuardContext>;

const instructions = "(?:instruction|prompt|rule|guideline|direction|order|direccion|regla|regel|anweisung|vorgabe)";
/** By language; what they are tried on is folded, with one space between two words. */
const injections: readonly RegExp[] = [
  // English
  new RegExp(
    `\\b(?:ignore|disregard|forget|override|bypass)\\b(?: \\w+){0,3} (?:previous|prior|above|earlier|your|system|all)(?: \\w+){0,2} ${instructions}`,
  ),
  /\b(?:reveal|print|show|repeat|output|leak|tell me)\b(?: \w+){0,3} (?:your|the|hidden) (?:system )?(?:prompt|instructions)\b/,
  /\byou are now (?:dan|in developer mode|unrestricted|jailbroken|a model without)\b/,
  /\b(?:enable|enter|activate) (?:developer|jailbreak|dan|god) mode\b/,
  /\bpretend (?:that )?you have no (?:rules|restrictions|guidelines|instructions)\b/,
  // German
  new RegExp(
    `\\b(?:ignorier\\w*|vergiss|vergesst|missacht\\w*)(?: \\w+){0,2} (?:alle|deine|bisherigen|vorherigen|obigen|vorigen)(?: \\w+){0,2} ${instructions}`,
  ),
  // French
  /\b(?:ignor\w+|oubli\w+)(?: \w+){0,3} (?:instructions|consignes|regles)(?: (?:precedentes|anterieures|ci-dessus|du systeme)|\b)/,
  // Spanish, Portuguese, Italian
  /\b(?:ignor\w+|olvid\w+|esquec\w+|dimentic\w+)(?: \w+){0,3} (?:instrucciones|reglas|instrucoes|regras|istruzioni|regole)\b/,
  // Russian, Chinese, Japanese
  /(?:игнорируи\p{L}*|забудь\p{L}*)(?: \p{L}+){0,3} (?:инструкци\p{L}*|указани\p{L}*|правил\p{L}*)/u,
  /(?:忽略|無視|无视|忘记|忘掉).{0,8}(?:指令|指示|提示|规则|規則)/u,
  /(?:指示|命令|プロンフト|ルール).{0,6}(?:無視|忘れ)/u,
  // Marks of a chat's format, which no person types
  /<\|(?:im_start|im_end|system|endoftext)\|>|\[\/?inst\]|<<\/?sys>>/,
];

/** Letters of other scripts that look like Latin ones, as folded. */
const lookAlikes = new Map([..."аеорсухіјѕԁոαεοριυ"].map((sign, index) => [sign, "aeopcyxijsdnaeopiu"[index] ?? sign]));
/** Signs without a width, marks of direction, and tags: they can part or hide words. */
export const invisible = /\p{Default_Ignorable_Code_Point}/gu;

/** The text of a message as the model may read it, or why it may not. */
export type Guarded =
  | { readonly text: string; readonly masked: boolean; readonly blocked?: undefined }
  | { readonly text?: undefined; readonly masked?: undefined; readonly blocked: Outcome };

/** @param settings a context that has been parsed, so that its defaults are there */
export function guardInput(text: string, { pii, forbidden }: GuardContext): Guarded {
  if (isInjection(text)) return block("it tries to overrule the instructions of the assistant");
  const topic = forbiddenIn(text, forbidden);
  if (topic !== undefined) return block(`"${topic}" is not a topic here`);
  const masked = pii === "allow" ? text : maskPersonalData(text);
  if (masked !== text && pii === "refuse") return block("it holds personal data, which is not allowed here");
  return { text: masked, masked: masked !== text };
}

/** True for a text that speaks to a model to overrule its instructions, also where signs are hidden or exchanged. */
export function isInjection(text: string): boolean {
  const seen = fold(text.replace(invisible, "")).replace(/\s+/g, " ");
  const latin = seen.replace(/[\u0370-\u05ff]/g, (sign) => lookAlikes.get(sign) ?? sign);
  return injections.some((pattern) => pattern.test(seen) || pattern.test(latin));
}

/** The first of the forbidden words and phrases that the text has as whole words, however they are written. */
export function forbiddenIn(text: string, forbidden: readonly string[]): string | undefined {
  const wordsOf = (said: string) =>
    ` ${
      fold(said.replace(invisible, ""))
        .match(/[\p{L}\p{N}]+/gu)
        ?.join(" ") ?? ""
    } `;
  const words = forbidden.length === 0 ? "" : wordsOf(text);
  return forbidden.find((phrase) => words.includes(wordsOf(phrase)));
}

function block(why: string): Guarded {
  return { blocked: { kind: "blocked", reason: `I cannot work on this message: ${why}.` } };
}
