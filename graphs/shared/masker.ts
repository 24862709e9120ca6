/** Takes out what neither a model nor a user is to read, as the policy of a graph has it. */
import { maskPersonalData, maskSecrets } from "../../src/masking.ts";
import { type GuardContext, invisible } from "./input-guard.ts";

/** Lines of a private key without its first, as a chunk or a quotation has them. */
const keyLines = /^(?:[A-Za-z0-9+/]{48,76}={0,2}[ \t]*(?:\n|$)){2,}/gm;

/** Text in base64 or hexadecimal digits; a longer run is a file. */
const encoded = /(?<![\w+/-])(?:[0-9a-f]{16,4000}|[\w+/-]{16,4000}={0,2})(?![\w+/-])/gi;

/**
 * Replaces secrets, and personal data unless the policy allows it; also where signs are hidden in them, in other forms of
 * their letters and digits, and in base64 or hexadecimal digits.
 */
export function masker({ pii }: Pick<GuardContext, "pii">): (text: string) => string {
  const secrets = (text: string) => maskSecrets(text).replace(keyLines, "[secret]\n");
  const mask = pii === "allow" ? secrets : (text: string) => maskPersonalData(secrets(text));
  const decoded = (run: string) => {
    const encoding = /^(?:[0-9a-f]{2})+$/i.test(run) ? "hex" : "base64";
    const plain = Buffer.from(run, encoding).toString();
    return mask(plain) === plain ? run : "[secret]";
  };
  return (text) => {
    const bare = text.replace(invisible, "");
    const masked = mask(bare).replace(encoded, decoded);
    if (masked !== bare) return masked;
    const usual = bare.normalize("NFKC");
    const found = mask(usual);
    return found === usual ? text : found;
  };
}
