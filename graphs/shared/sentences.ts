/** Cuts a text into sentences while it comes, so that each can be judged before it is shown. */

/**
 * Where a sentence ends: after its full stop, the quotes and the markers like [1] that belong to it, once the next one
 * has begun; at an empty line; before the next item of a list, heading or row.
 */
const boundary =
  /(?<!(?:^|\n)[ \t]*\d{1,3})[.!?…]["'”’»)\]]*(?:[ \t]*\[\d+\])*\s+(?=[^\s[])|[。！？](?:\s*\[\d+\])*(?=[^\s[])|\n[ \t]*\n\s*|\n(?=[ \t]*(?:[-*•#>|]|\d+[.)])\s)/gu;
/** A text that never ends a sentence is cut here, between two words of letters only: no number or key has such a space. */
const longest = 10_000;
const wordGap = /(?<=\s\p{L}+) (?=\p{L}+[\s,])/gu;
/** More is no key, whatever it begins with. */
const longestKey = 20_000;

export interface Sentences {
  /** Takes the next part of the text; gives the sentences that are whole by now, each with the space behind it. */
  push(part: string): string[];
  /** Gives the rest. */
  flush(): string[];
}

export function createSentences(): Sentences {
  let rest = "";
  const take = (length: number) => {
    const sentence = rest.slice(0, length);
    rest = rest.slice(length);
    return sentence;
  };
  return {
    push(part) {
      rest += part;
      const whole: string[] = [];
      for (let end = endOf(rest); end > 0; end = endOf(rest)) whole.push(take(end));
      return whole;
    },
    flush: () => (rest === "" ? [] : [take(rest.length)]),
  };
}

/** The sentences of a text; joined they are the text again. */
export function sentencesOf(text: string): string[] {
  const sentences = createSentences();
  return [...sentences.push(text), ...sentences.flush()];
}

/** The length of the first sentence with the space behind it, or 0 if it is not whole yet. */
function endOf(text: string): number {
  const end = boundaryAfter(text, 0) || (text.length > longest ? cutOf(text) : 0);
  // A private key in PEM is known for what it is only as a whole, whatever its lines look like.
  const key = text.indexOf("-----BEGIN ");
  if (key < 0 || key >= end) return end;
  const close = text.indexOf("-----END ", key);
  if (close < 0) return text.length - key > longestKey ? end : 0;
  return boundaryAfter(text, close);
}

function cutOf(text: string): number {
  const head = text.slice(0, longest);
  const gap = [...head.matchAll(wordGap)].at(-1)?.index ?? head.lastIndexOf(" ");
  return gap + 1 || longest;
}

function boundaryAfter(text: string, from: number): number {
  boundary.lastIndex = from;
  return boundary.test(text) ? boundary.lastIndex : 0;
}
