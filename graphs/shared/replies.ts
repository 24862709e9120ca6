/** What a human means who answers a question of a graph in words: yes or no, or one of several options. */

/** Letters of other scripts are words too: "不要 ok" is no yes. */
const between = "[^\\p{L}\\p{N}]";
const alone = (words: string) =>
  new RegExp(`^${between}*(?:${words})(?:${between}+(?:please|thanks|thank you))?${between}*$`, "iu");
const yes = alone("true|y|yes|ok|okay|sure|go ahead|approved?");
const no = alone("false|n|no|stop|rejected?");

/** Undefined for all that is more than a plain yes or no: "yes, but …" is neither. */
export function yesOrNo(reply: unknown): boolean | undefined {
  if (typeof reply === "boolean") return reply;
  if (typeof reply !== "string") return undefined;
  return yes.test(reply) || (no.test(reply) ? false : undefined);
}

/** What is longer says more than a choice, and so does a "not" or a "but". */
const mostWords = 4;
const negation = /(?<!\p{L})(?:not|no|never|but|except|nicht|kein\p{L}*|außer|pas|sauf)(?!\p{L})|n['’]t(?!\p{L})/iu;
const places = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/**
 * The option that a few words name: "Data, please", by its number, or as "the second one".
 * @returns undefined where they name none, or more than one
 */
export function chosen<Option extends string>(reply: string, options: readonly Option[]): Option | undefined {
  const words = reply.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length > mostWords || negation.test(reply)) return undefined;
  const named = options.filter((option, index) => {
    const names: (string | undefined)[] = [option, String(index + 1), places[index]];
    return words.some((word) => names.includes(word));
  });
  return named.length === 1 ? named[0] : undefined;
}
