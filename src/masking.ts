/**
 * Takes secrets and personal data out of what leaves the process: traces, exports, recorded calls, answers.
 *
 *   text ─▶ [secret]  configured ones, keys of known shapes, credentials by their name
 *        ─▶ [email] [phone] [card] [iban]
 *
 * IP addresses stay: they look like version numbers, and an agent's trace is read to see which host it called.
 * Every pattern is anchored or bounded, so that the time is linear in the text; none takes a quote or a backslash that
 * JSON put there, so that JSON stays JSON (but for a card's number that stands in it as a number).
 */
import { currentConfig } from "./config.ts";

const secret = "[secret]";

/**
 * Where a match may begin: not inside of a word, whose letters are given, but behind what JSON writes for a line break
 * and the like. It also keeps a long word from being tried at each of its letters.
 */
const startOf = (letters: string) =>
  `(?:(?<![${letters}\\\\])|(?<=\\\\[nrtbf]|\\\\u[0-9a-f]{4})|(?<=\\\\)(?![nrtbfu]))`;

/** Keys whose issuers gave them a shape of their own. */
const shapes = new RegExp(
  `${startOf("\\w-")}(?:${[
    // OpenAI, Anthropic, Langfuse, Stripe
    "(?:sk|rk)[-_](?=[\\w-]{0,100}\\d)[\\w-]{16,}",
    "whsec_\\w{16,}",
    // GitHub, GitLab
    "gh[oprsu]_\\w{30,}",
    "github_pat_\\w{30,}",
    "glpat-[\\w-]{20,}",
    // AWS, Google
    "(?:AKIA|ASIA)[0-9A-Z]{16}(?!\\w)",
    "AIza[\\w-]{35}",
    "ya29\\.[\\w-]{20,}",
    // Slack, Hugging Face, npm, Groq, Tavily, LangSmith, SendGrid
    "xox[abeoprs]-[\\w-]{10,}",
    "xapp-[\\w-]{10,}",
    "hf_[A-Za-z0-9]{30,}",
    "npm_[A-Za-z0-9]{36}",
    "gsk_[A-Za-z0-9]{40,}",
    "tvly-[\\w-]{16,}",
    "lsv2_[a-z]{2}_\\w{32,}",
    "SG\\.[\\w-]{16,64}\\.[\\w-]{16,}",
    // A JSON web token: two parts that begin as JSON does, and its signature.
    "eyJ[\\w-]{5,}\\.eyJ[\\w-]{5,}(?:\\.[\\w-]*)?",
  ].join("|")})`,
  "g",
);
/** Up to its end or, where it was cut off, to the end of the text it stands in. */
const privateKeys =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:(?!-----|\\{0,7}")[\s\S])*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?/g;
const bearers = new RegExp(`${startOf("\\w-")}(bearer\\s{1,4})([\\w.~+/=-]{8,})`, "gi");
const urlPasswords = /(:\/\/[^\s:@/"'\\]{0,256}:)[^\s@/"'\\]{1,256}(?=@)/g;

const credentialName =
  "pass(?:word|wd|phrase)|pwd|(?:[a-z]{1,20}[_-]?)?secret(?:[_-]?key)?|(?:x[_-]?)?api[_-]?key|access[_-]?key|private[_-]?key|" +
  "(?:access|auth|refresh|id|bot|session|bearer)[_-]?token|(?:proxy[_-]?)?authorization|(?:set[_-]?)?cookie|credentials?";
const isCredential = new RegExp(`^(?:${credentialName})$`, "i");
/** A part of every credential's name. Most texts have none, and looking for one takes a tenth of the time of the whole. */
const credentialWord = /pass|pwd|secret|key|token|authorization|cookie|credential/i;
/** `"password": "…"`, as JSON or as JSON in a text of JSON, where the quotes have backslashes. */
const quotedCredentials = new RegExp(
  `((?<quote>\\\\{0,7}["'])(?:${credentialName})\\k<quote>\\s{0,4}:\\s{0,4}\\k<quote>)(?:(?!\\k<quote>)(?:\\\\.|[^\\\\]))+`,
  "gi",
);
/** `password=…`, `api key: …`: the value goes where it looks like one, and a sentence that follows stays. */
const bareCredentials = new RegExp(
  `${startOf("a-z")}((?:${credentialName})(\\s{0,2}[:=]\\s{0,2}))((?:basic\\s|bearer\\s)?[^\\s"'\\\\,;&<>()[\\]{}]{4,})`,
  "gi",
);

/**
 * The text without secrets: those of this process's own settings, keys of known shapes, tokens after `Bearer`, passwords
 * in URLs, private keys, and the values of credentials by their name.
 */
export function maskSecrets(text: string): string {
  const known = configuredSecrets();
  let masked = known ? text.replace(known, secret) : text;
  if (masked.includes("-----BEGIN ")) masked = masked.replace(privateKeys, secret);
  masked = masked.replace(shapes, secret);
  if (masked.includes("://")) masked = masked.replace(urlPasswords, `$1${secret}`);
  if (credentialWord.test(masked)) {
    masked = masked.replace(quotedCredentials, `$1${secret}`);
    masked = masked.replace(bareCredentials, (all: string, name: string, sign: string, value: string) =>
      sign.includes("=") || /\d/.test(value) ? `${name}${secret}` : all,
    );
  }
  if (!/bearer/i.test(masked)) return masked;
  return masked.replace(bearers, (all: string, word: string, token: string) =>
    token.length >= 20 || /\d/.test(token) ? `${word}${secret}` : all,
  );
}

const emails = new RegExp(
  `${startOf("\\w.%+-")}[\\w.%+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.){1,8}[a-z]{2,24}(?![\\w@-])`,
  "gi",
);
const ibans = new RegExp(
  `${startOf("A-Za-z0-9")}[A-Z]{2}\\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])`,
  "g",
);
/** By issuer and length; a number that does not pass their check digit is another one. */
const cards = new RegExp(
  `${startOf("\\w.+-")}(?:${[
    "(?:4\\d|5[1-5]|2[2-7]|6[0245]|35)\\d{2}(?<four>[ -]?)\\d{4}\\k<four>\\d{4}\\k<four>\\d{4}",
    "3[47]\\d{2}(?<six>[ -]?)\\d{6}\\k<six>\\d{5}",
    "3[0689]\\d{2}(?<diners>[ -]?)\\d{6}\\k<diners>\\d{4}",
  ].join("|")})(?![\\w-]|\\.\\d)`,
  "g",
);
const phones = new RegExp(
  [
    // +49 (0) 170 1234567
    `${startOf("\\w+")}\\+\\d[\\d .()/-]{6,22}\\d(?!\\w)`,
    // (212) 555-0123, 212-555-0123, 212.555.0123
    `${startOf("\\w.-")}\\(\\d{3}\\)[ -]?\\d{3}[ .-]\\d{4}(?![\\w-])`,
    `${startOf("\\w.-")}[2-9]\\d{2}(?<dash>[.-])[2-9]\\d{2}\\k<dash>\\d{4}(?![\\w-]|\\.\\d)`,
    // 0171 1234567, 030/1234567, 020 7946 0958
    `${startOf("\\w.,+:/-")}0\\d{2,4}[ /-]\\d{3,8}(?:[ -]\\d{2,6}){0,2}(?![\\w:-]|[.,]\\d)`,
  ].join("|"),
  "g",
);
const phoneDigits = { least: 9, most: 15 };

/** The text without email addresses, telephone numbers, card numbers and IBANs; a placeholder says what was there. */
export function maskPersonalData(text: string): string {
  let masked = text.includes("@") ? text.replace(emails, "[email]") : text;
  if (!/\d{2}/.test(masked)) return masked;
  masked = masked.replace(ibans, maskIban);
  masked = masked.replace(cards, (number) => (passesLuhn(number) ? "[card]" : number));
  return masked.replace(phones, (number) => {
    const { length } = digitsOf(number);
    return length >= phoneDigits.least && length <= phoneDigits.most ? "[phone]" : number;
  });
}

/** True for names such as `password` and `api_key`, whose values are secrets whatever they look like. */
export function isCredentialName(name: string): boolean {
  return isCredential.test(name);
}

/** The text without secrets and personal data. */
export function maskText(text: string): string {
  return maskPersonalData(maskSecrets(text));
}

/** What `masked` takes of a value; the rest is `[cut]`. */
const most = { depth: 100, entries: 100_000, characters: 5_000_000 };

/**
 * A copy as plain JSON-like data without secrets and personal data, in keys and in values; what a credential's name
 * stands before goes whatever it looks like. What refers to itself is `[cycle]`; what is too deep or too much, `[cut]`.
 */
export function masked(value: unknown): unknown {
  const left = { entries: most.entries, characters: most.characters };
  const copy = (part: unknown, around: readonly object[]): unknown => {
    if (typeof part === "string") return copyText(part);
    if (typeof part === "bigint") return maskText(String(part));
    if (typeof part === "number") return maskPersonalData(String(part)) === String(part) ? part : "[card]";
    if (typeof part !== "object" || part === null) return part;
    if (around.includes(part)) return "[cycle]";
    if (around.length >= most.depth || left.entries <= 0) return "[cut]";
    const inside = [...around, part];
    if ("toJSON" in part && typeof part.toJSON === "function") return copy(part.toJSON(), inside);
    if (Array.isArray(part)) return part.map((entry) => counted(() => copy(entry, inside)));
    const entries = Object.entries(part).map(([name, entry]) => [
      copyText(name),
      counted(() => (isCredentialName(name) && entry ? copyCredential(entry, inside) : copy(entry, inside))),
    ]);
    return Object.fromEntries(entries);
  };
  const copyCredential = (part: unknown, around: readonly object[]) =>
    typeof part === "object" || typeof part === "boolean" ? copy(part, around) : secret;
  const copyText = (text: string) => {
    left.characters -= text.length;
    return left.characters < 0 ? "[cut]" : maskText(text);
  };
  const counted = (work: () => unknown) => (left.entries-- > 0 ? work() : "[cut]");
  return copy(value, []);
}

let known: { readonly secrets: readonly string[]; readonly pattern: RegExp | undefined } | undefined;

/** The secrets of this process's settings, as they are and as they stand in JSON and in URLs. */
function configuredSecrets(): RegExp | undefined {
  const { secrets } = currentConfig();
  if (known?.secrets !== secrets) {
    const written = secrets.flatMap((each) => [each, JSON.stringify(each).slice(1, -1), encodeURIComponent(each)]);
    const pattern = [...new Set(written)].map(RegExp.escape).join("|");
    known = { secrets, pattern: pattern === "" ? undefined : new RegExp(pattern, "g") };
  }
  return known.pattern;
}

/** The longest part that is an IBAN goes; words in capitals may stand behind it. */
function maskIban(text: string): string {
  for (let end = text.length; end >= 15; end--) {
    const iban = text.slice(0, end).replaceAll(" ", "");
    if (iban.length >= 15 && iban.length <= 34 && !/[A-Za-z0-9]/.test(text.charAt(end)) && isIban(iban))
      return `[iban]${text.slice(end)}`;
  }
  return text;
}

function isIban(iban: string): boolean {
  const digits = [...iban.slice(4), ...iban.slice(0, 4)].map((character) => Number.parseInt(character, 36)).join("");
  return BigInt(digits) % 97n === 1n;
}

function passesLuhn(number: string): boolean {
  const sum = [...digitsOf(number)].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, "");
}
