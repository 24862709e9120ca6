/**
 * What a user asks to be remembered, across threads: kept in the store, which is the owner's alone. Only the user's own
 * words get there, by these requests; no model and no document can plant a memory.
 */
import type { BaseStore } from "@langchain/langgraph-checkpoint";
import { v5 as uuid } from "uuid";
import { relevance } from "../../src/words/synonyms.ts";
import { fold, share, terms } from "./terms.ts";

const namespace = ["memories"];
/** Names the key of a memory by its text, so that the same one is kept once, also where a node runs again. */
const keys = "6f0bd7a2-5f0e-4a3c-8c43-0a6f9f0b6b1e";
const most = 200;
const longest = 1_000;
/** So few are all recalled, fitting or not. */
const few = 3;
const mostRecalled = 5;

export interface Memory {
  readonly key: string;
  readonly text: string;
}

/** What a message asks of the memory, if it asks anything of it. */
export type MemoryRequest =
  | { readonly kind: "remember" | "forget"; readonly what: string }
  | { readonly kind: "forget-all" | "list" };

const polite =
  /^(?:(?:please|hey|bitte)[,:]? )?(?:(?:can|could|will|would|kannst|könntest) (?:you|du) )?(?:please |bitte )?/iu;
const requests: readonly (readonly [MemoryRequest["kind"], RegExp])[] = [
  [
    "forget-all",
    /^(?:forget|erase|delete) (?:everything|(?:all )?(?:of )?(?:your |my )?memories|all (?:that )?you)\b/iu,
  ],
  ["forget-all", /^vergiss (?:bitte )?alles\b/iu],
  ["forget", /^(?:forget|erase) (?:about |that |what i (?:said|told you) about )?(.+)$/iu],
  ["forget", /^vergiss,? (?:bitte,? )?(?:dass |das (?:über|von|mit) )?(.+)$/iu],
  ["list", /^what (?:do|did|have) (?:you|i) (?:.+ )?(?:remember(?:ed)?|know about me)\b/iu],
  ["list", /^(?:list|show(?: me)?) (?:all )?(?:of )?(?:your|my) memories$/iu],
  ["list", /^was (?:weißt|weisst) du (?:alles )?(?:über mich|von mir)|^was hast du dir gemerkt/iu],
  ["remember", /^(?:remember|memori[sz]e|keep in mind|(?:don't|do not) forget)(?: that|:|,)? (.+)$/iu],
  ["remember", /^merke? dir(?: bitte)?(?:,? dass|:|,)? (.+)$/iu],
];

/**
 * Reads a message that asks to remember, to forget, or what is remembered; in English and German. What asks for
 * anything else besides is left to the model.
 */
export function memoryRequest(message: string): MemoryRequest | undefined {
  const [asking = ""] = polite.exec(message.trim()) ?? [];
  const asked = message
    .trim()
    .slice(asking.length)
    .replace(/[\s.!?]+$/u, "");
  const isQuestion = /[?？]\s*$/.test(message) && !/\b(?:you|du) /iu.test(asking);
  if (asked.length > longest || asked.includes("?")) return undefined;
  for (const [kind, pattern] of requests) {
    const [found, what = ""] = pattern.exec(asked) ?? [];
    if (found === undefined || (isQuestion && kind !== "list")) continue;
    return kind === "remember" || kind === "forget" ? { kind, what } : { kind };
  }
  return undefined;
}

/** Does what was asked and says so; without a store it says that there is none. */
export async function fulfil(request: MemoryRequest, store: BaseStore | undefined): Promise<string> {
  if (!store) return "I cannot remember anything here: this server has no store.";
  const known = await memories(store);
  if (request.kind === "list") return listed(known);
  if (request.kind === "remember") {
    if (known.length >= most)
      return `I remember ${most} things already, which is the most. Ask me to forget some first.`;
    await store.put(namespace, uuid(fold(request.what), keys), { text: request.what });
    return `I will remember: ${request.what}`;
  }
  const gone = request.kind === "forget" ? fitting(request.what, known) : known;
  await Promise.all(gone.map(({ key }) => store.delete(namespace, key)));
  if (gone.length === 0) return "I have nothing of that kind in my memory, so there is nothing to forget.";
  return `I have forgotten:\n${gone.map(({ text }) => `- ${text}`).join("\n")}`;
}

/** The memories that have a part of what a question is about, the best first; where there are few, all of them. */
export async function recall(question: string, store: BaseStore | undefined): Promise<Memory[]> {
  const known = store ? await memories(store) : [];
  const texts = known.map(({ text }) => ({ text, context: "" }));
  const weights = relevance(question, texts, () => 1);
  const weighed = known.map((memory, index) => ({ memory, weight: weights[index] ?? 0 }));
  const found = weighed.filter(({ weight }) => weight > 0);
  const ranked = (known.length <= few ? weighed : found).sort((one, other) => other.weight - one.weight);
  return ranked.slice(0, mostRecalled).map(({ memory }) => memory);
}

async function memories(store: BaseStore): Promise<Memory[]> {
  const items = await store.search(namespace, { limit: most });
  return items.flatMap(({ key, value }) => (typeof value.text === "string" ? [{ key, text: value.text }] : []));
}

/** Those with all that is to be forgotten, or else those with most of it. */
function fitting(what: string, known: readonly Memory[]): Memory[] {
  const sought = terms(what);
  const shares = known.map(({ text }) => share(sought, new Set(terms(text))));
  const enough = Math.max(0.5, ...shares);
  return sought.length === 0 ? [] : known.filter((_, index) => (shares[index] ?? 0) >= enough);
}

function listed(known: readonly Memory[]): string {
  if (known.length === 0) return "You have not asked me to remember anything.";
  return `You asked me to remember:\n${known.map(({ text }) => `- ${text}`).join("\n")}`;
}
