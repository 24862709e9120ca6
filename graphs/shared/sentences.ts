/** Cuts a text into sentences while it comes, so that each can be judged before it is shown. */

/**
 * Where a sentence ends: after its full stop, the quotes and the markers like [1] that belong to it, once the next one
 * has begun; at an empty line; before the next item of a list, heading, row or fence of code.
 */
const boundary =
  /(?<!(?:^|\n)[ \t]*(?:\*\*)?\d{1,3})[.!?…]["'”’»)\]]*(?:[ \t]*\[\d+\])*\s+(?=[^\s[|])|[。！？](?:\s*\[\d+\])*(?=[^\s[])|\n[ \t]*\n\s*|\n(?=[ \t]*(?:(?:[-*•#>|]|\d+[.)])\s|```|~~~))/gu;
/** Where code begins; it is whole with the line that closes it. */
const fence = /^[ \t]*(?:```|~~~)/;
const closed = /\n[ \t]*(?:```|~~~)[ \t]*\n\s*(?=\S)/gu;
/** A row of a table ends with its line; the line that parts the head from the body belongs to the head. */
const row = /^[ \t]*\|/;
const rowEnd = /\n(?=[ \t:|-]*[^\s:|-])|\n[ \t]*\n\s*/gu;
/** A text that never ends a sentence is cut here, between two words of letters only: no number or key has such a space. */
const longest = 10_000;
const wordGap = /(?<=\s\p{L}+) (?=\p{L}+[\s,])/gu;
/** More is no key, and no code, whatever it begins with. */
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
  if (fence.test(text) && text.length <= longestKey) return after(closed, text, 0);
  const end = after(row.test(text) ? rowEnd : boundary, text, 0) || (text.length > longest ? cutOf(text) : 0);
  // A private key in PEM is known for what it is only as a whole, whatever its lines look like.
  const key = text.indexOf("-----BEGIN ");
  if (key < 0 || key >= end) return end;
  const close = text.indexOf("-----END ", key);
  if (close < 0) return text.length - key > longestKey ? end : 0;
  return after(boundary, text, close);
}

function cutOf(text: string): number {
  const head = text.slice(0, longest);
  const gap = [...head.matchAll(wordGap)].at(-1)?.index ?? head.lastIndexOf(" ");
  return gap + 1 || longest;
}

function after(seam: RegExp, text: string, from: number): number {
  seam.lastIndex = from;
  return seam.test(text) ? seam.lastIndex : 0;
}
